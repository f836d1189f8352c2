internal import Glibc

/// syslog(3) of the C library, which has one connection for the whole process.
struct SyslogConnection {
    private var opened: SyslogSettings?
    /// openlog(3) keeps the name that it is given.
    private var ident: UnsafeMutablePointer<CChar>?
    private var number: UInt64 = 0

    /// May wait for the daemon.
    mutating func write(_ lines: String, _ severity: LogSeverity, _ settings: SyslogSettings) {
        open(settings)
        number += 1
        for message in SyslogText.messages(lines, number: number) {
            message.withCString { text in
                withVaList([text]) { vsyslog(severity.syslogPriority, "%s", $0) }
            }
        }
    }

    mutating func close() {
        guard opened != nil else { return }
        closelog()
        free(ident)
        ident = nil
        opened = nil
    }

    private mutating func open(_ settings: SyslogSettings) {
        guard opened != settings else { return }
        close()
        ident = strdup(settings.ident)
        openlog(ident, LOG_PID | LOG_NDELAY | LOG_NOWAIT, Int32((16 + settings.facility) << 3))
        opened = settings
    }
}
