import Foundation
import Glibc
import LocalCluster
import Synchronization
import Testing

extension IntegrationTests {
    /// `logging_collector` and syslog with a whole Egret: where its lines arrive, rotation by every door, places that
    /// go away.
    @Suite(.serialized)
    struct LogFileTests {
        @Test(.timeLimit(.minutes(1)))
        func `The log is in a file, with what hooks print, and standard error says so`() async throws {
            try await Collector.run(adjust: { configuration in
                configuration.set("log_file_mode", "0640")
                configuration.failoverCommand = "echo the hook speaks; yes | true; echo it has spoken"
            }) { log in
                #expect(log.names.count == 1 && log.names[0].hasPrefix("pgpool-20"), "\(log.names)")
                let name = try #require(log.names.first)
                try await log.stand.query("SELECT 1")
                #expect(await log.shows("new connection received: connecting host=", in: name))
                for order in ["detach", "attach"] {
                    let result = try await log.stand.egret.operate(order, "1")
                    #expect(result.isSuccess, "\(result)")
                }
                #expect(await log.shows("failover_command: the hook speaks", in: name))
                #expect(await log.shows("failover_command: it has spoken", in: name))
                // That Egret ignores SIGPIPE is no inheritance.
                #expect(!log.text(name).contains("Broken pipe"))
                #expect(try log.mode(name) == 0o640 && log.mode("") == 0o700)
                let said = log.standardError
                #expect(said.contains("LOG:  redirecting log output to log files"), "\(said)")
                #expect(said.contains("HINT:  Future log output will appear in directory \"\(log.directory)\"."))
                #expect(!said.contains("new connection received") && !said.contains("egret is ready"), "\(said)")

                // A second one cannot start in the same place: whoever started it sees that.
                let second = try await EgretProcess.launch(
                    log.stand.configuration, directory: log.stand.egret.directory)
                let exit = await second.waitForExit(.seconds(10))
                #expect(exit == .exited(code: 1))
                #expect(log.standardError.contains("FATAL:  "), "\(log.standardError)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A file that was moved away is opened anew by the verb, by SIGUSR1 and by PCP`() async throws {
            let port = try FreePort.take()
            try await Collector.run(name: "egret.log", pcpPort: port) { log in
                try await log.expectRotation {
                    let result = try await log.stand.egret.operate("logrotate")
                    #expect(result.isSuccess && result.output == "the log goes to \(log.directory)/egret.log\n")
                }
                try await log.expectRotation {
                    let result = try await log.stand.egret.operate("logrotate", "--json")
                    #expect(result.isSuccess && result.output.contains("\"ok\" : true"), "\(result)")
                }
                try await log.expectRotation {
                    let answer = try await Driver.run(
                        "pcp_log_rotate.py", ["--port", String(port), "--user", "admin", "--password", "secret"])
                    #expect(answer == "v|CommandComplete\nv|CommandComplete\n")
                }
                try await log.expectRotation {
                    log.stand.egret.signal(SIGUSR1)
                    let isOpen = await Poll.until(.seconds(5)) { log.names.contains("egret.log") }
                    #expect(isOpen, "\(log.names)")
                }

                // An answer that is an error, where no file can be.
                #expect(rename(log.directory, log.directory + ".old") == 0)
                try Data().write(to: URL(fileURLWithPath: log.directory))
                let failed = try await log.stand.egret.operate("logrotate")
                #expect(failed.status == 1 && failed.errors.contains("Not a directory"), "\(failed)")
                let answer = try await Driver.run(
                    "pcp_log_rotate.py", ["--port", String(port), "--user", "admin", "--password", "secret"])
                #expect(answer.hasPrefix("E|SERROR|CXX000|Mcould not rotate the log|Dcould not open"), "\(answer)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Without a collector a rotation is refused, and SIGUSR1 ends nobody`() async throws {
            try await Stand.withSharedCluster { stand in
                let refused = try await stand.egret.operate("logrotate")
                #expect(refused.status == 1 && refused.errors.contains("logging_collector is off"), "\(refused)")
                let json = try await stand.egret.operate("logrotate", "--json")
                #expect(json.status == 1 && json.output.contains("\"ok\" : false"), "\(json)")
                stand.egret.signal(SIGUSR1)
                let isTold = await Poll.until(.seconds(5)) {
                    stand.egret.log.text.contains("SIGUSR1 did not rotate the log")
                }
                #expect(isTold && stand.egret.isRunning, "\(stand.egret.log.tail())")
                let answer = try await stand.query("SELECT 1")
                #expect(answer == "1")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Size begins new files, and no line is lost or twice`() async throws {
            try await Collector.run(adjust: { $0.set("log_rotation_size", "1") }) { log in
                let session = try await log.stand.session()
                let began = ContinuousClock.now
                var asked = 0
                while log.names.count < 3, began.duration(to: .now) < .seconds(20) {
                    asked += 1
                    try await log.stand.query("SELECT \(asked)")
                }
                session.close()
                let files = log.names.map { log.text($0) }
                #expect(files.count >= 3, "\(log.names)")
                // The last one is not full yet; the first of a second may have been, when the next was begun.
                #expect(files.dropLast().allSatisfy { $0.utf8.count >= 1_024 })
                #expect(await log.counts("new connection received", atLeast: asked + 1))
                #expect(files.allSatisfy { $0.isEmpty || $0.hasPrefix("20") && $0.hasSuffix("\n") })
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A directory that goes away and a full disk cost no client anything and no line`() async throws {
            try await Collector.run(name: "egret.log") { log in
                try FileManager.default.removeItem(atPath: log.directory)
                var isBack = await Poll.until(.seconds(10), every: .milliseconds(300)) {
                    _ = try? await log.stand.query("SELECT 'removed'")
                    return log.text("egret.log").contains("new connection received")
                }
                #expect(isBack, "a removed directory is not made again")
                #expect(try log.mode("") == 0o700)

                try FileManager.default.removeItem(atPath: log.directory)
                try Data().write(to: URL(fileURLWithPath: log.directory))
                let isStray = await Poll.until(.seconds(10), every: .milliseconds(300)) {
                    _ = try? await log.stand.query("SELECT 'stray'")
                    return log.standardError.contains("new connection received")
                }
                #expect(isStray, "\(log.standardError)")
                #expect(log.standardError.components(separatedBy: "WARNING:  could not open the log file").count == 2)
                unlink(log.directory)
                isBack = await Poll.until(.seconds(15), every: .milliseconds(300)) {
                    _ = try? await log.stand.query("SELECT 'again'")
                    return log.text("egret.log").contains("log records went to standard error: could not open")
                }
                #expect(isBack, "\(log.standardError)")

                // Reload: a disk without room, and then another directory.
                var changed = log.stand.configuration
                changed.set("log_directory", "'/dev'")
                changed.set("log_filename", "'full'")
                try log.stand.egret.reload(changed)
                let isFull = await Poll.until(.seconds(10), every: .milliseconds(300)) {
                    _ = try? await log.stand.query("SELECT 'full'")
                    return log.standardError.contains(
                        "WARNING:  could not write to the log file \"/dev/full\": No space left on device")
                }
                #expect(isFull, "\(log.standardError)")
                changed.set("log_directory", "'\(log.directory)'")
                changed.set("log_filename", "'new.log'")
                try log.stand.egret.reload(changed)
                #expect(await log.shows("log records went to standard error: could not write", in: "new.log"))
                let answer = try await log.stand.query("SELECT 1")
                #expect(answer == "1")
            }
        }

        /// In a mount namespace of its own, where /dev/log is the test's.
        @Test(.timeLimit(.minutes(1)))
        func `syslog gets each line with its priority`() async throws {
            let cluster = try await SharedCluster.one.get()
            let directory = cluster.directory + "/egret-syslog"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            var configuration = try EgretConfiguration(cluster: cluster)
            configuration.set("log_destination", "'syslog'")
            configuration.set("syslog_facility", "'LOCAL3'")
            configuration.set("syslog_ident", "'the proxy'")
            configuration.set("log_line_prefix", "'%a: '")
            try EgretProcess.write(configuration, into: directory)
            let result = try await Driver.command(
                "syslog_stage.py",
                [
                    EgretProcess.readyText, EgretProcess.findBinary(), "run", "-f", directory + "/egret.conf",
                ], timeLimit: .seconds(50)
            ).result()
            #expect(result.isSuccess, "\(result)")
            let ready = try #require(
                result.output.split(separator: "\n").first { $0.contains(EgretProcess.readyText) }, "\(result)")
            // local3.info: 19 * 8 + 6
            #expect(ready.hasPrefix("<158>"), "\(ready)")
            #expect(ready.contains(" the proxy[") && ready.contains("-1] main: LOG:  egret is ready"), "\(ready)")
            #expect(!result.errors.contains("egret is ready"), "\(result)")
        }
    }
}

/// An Egret in front of the shared cluster whose log goes to files.
private struct Collector: Sendable {
    let stand: Stand
    /// `log_directory`
    let directory: String

    private static let made = Mutex(0)

    /// - Parameters:
    ///   - name: `log_filename`; nil is the default.
    ///   - pcpPort: where `admin` with the password `secret` may use PCP; nil is nowhere.
    static func run(
        name: String? = nil, pcpPort: UInt16? = nil, adjust: (inout EgretConfiguration) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (Collector) async throws -> Void
    ) async throws {
        let cluster = try await SharedCluster.one.get()
        let number = made.withLock { made in
            made += 1
            return made
        }
        let home = cluster.directory + "/egret-log-\(number)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        var configuration = try EgretConfiguration(cluster: cluster)
        configuration.set("logging_collector", "on")
        configuration.set("log_directory", "'\(home)/log'")
        if let name { configuration.set("log_filename", "'\(name)'") }
        if let pcpPort {
            PCPStand.write("admin:\(PCPStand.hash)\n", home + "/pcp.conf")
            configuration.set("pcp_listen_addresses", "'127.0.0.1'")
            configuration.set("pcp_port", String(pcpPort))
        }
        adjust(&configuration)
        let egret = try await EgretProcess.launch(configuration, directory: home)
        let collector = Collector(
            stand: Stand(cluster: cluster, egret: egret, configuration: configuration), directory: home + "/log")
        let isReady = await collector.counts(EgretProcess.readyText, atLeast: 1)
        #expect(isReady, "\(egret.log.tail())", sourceLocation: sourceLocation)
        do {
            try await collector.stand.waitForNodes("both nodes are in use", sourceLocation: sourceLocation) { nodes in
                nodes.contains { $0.role == "primary" } && nodes.allSatisfy(\.isUsable)
            }
            try await body(collector)
        } catch {
            Issue.record("\(error)\n\(egret.log.tail())", sourceLocation: sourceLocation)
        }
        let exit = await egret.stop()
        #expect(exit == .exited(code: 0), "\(egret.log.tail())", sourceLocation: sourceLocation)
    }

    var standardError: String { stand.egret.log.text }

    /// The log files, by name.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted() }

    func text(_ name: String) -> String { LogFile(path: directory + "/" + name).text }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: directory + "/" + name)[.posixPermissions] as? Int
    }

    func shows(_ part: String, in name: String) async -> Bool {
        await Poll.until(.seconds(10)) { text(name).contains(part) }
    }

    /// Whether so many lines of all files together have the text.
    func counts(_ part: String, atLeast count: Int) async -> Bool {
        await Poll.until(.seconds(20)) {
            names.reduce(0) { $0 + LogFile(path: directory + "/" + $1).count(of: part) } >= count
        }
    }

    /// Moves egret.log away, has the log rotated, and looks where the lines go before and after.
    func expectRotation(_ rotate: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        let old = "egret.log.\(names.count)"
        #expect(rename(directory + "/egret.log", directory + "/" + old) == 0, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(50))
        try await stand.query("SELECT 'before'")
        #expect(await shows("new connection received", in: old), sourceLocation: sourceLocation)
        try await rotate()
        #expect(!text("egret.log").contains("new connection received"), sourceLocation: sourceLocation)
        let size = text(old).utf8.count
        try await stand.query("SELECT 'after'")
        #expect(await shows("new connection received", in: "egret.log"), sourceLocation: sourceLocation)
        #expect(text(old).utf8.count == size, "the old file has grown", sourceLocation: sourceLocation)
    }
}
