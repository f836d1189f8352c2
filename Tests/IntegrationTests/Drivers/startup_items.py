"""What a startup packet asks for is in force, on whichever server: options, names given twice, empty values."""

import protocol
import target

options = target.arguments()


def check(what, expected, *more):
    """The parameters of a session that was asked for so, now and on the next server."""
    client = protocol.Client(options, more=more)
    for _ in range(2):
        for name, value in expected.items():
            client.send(protocol.query(f"SHOW {name}"))
            protocol.expect(client.rows(), [value], f"{what}: {name}")
        # The primary instead of a standby.
        client.send(protocol.query("SELECT count(txid_current())"))
        client.rows()


check("-c name=value", {"work_mem": "1MB"}, ("options", "-c work_mem=1MB"))
check("-cname=value", {"work_mem": "2MB"}, ("options", "-cwork_mem=2MB"))
check("--na-me=value", {"work_mem": "3MB"}, ("options", "--work-mem=3MB"))
check("several", {"work_mem": "4MB", "geqo": "off"}, ("options", "  -c work_mem=3MB --geqo=off\t-c work_mem=4MB "))
check("escaped blanks", {"search_path": "a, b", "app.x": "\\ "}, ("options", "-c search_path=a,\\ b -capp.x=\\\\\\ "))
check("an empty value", {"app.x": ""}, ("options", "-c app.x="))
check("both ways", {"work_mem": "5MB"}, ("options", "-c work_mem=1MB"), ("work_mem", "5MB"))
check("both ways, turned", {"work_mem": "5MB"}, ("work_mem", "5MB"), ("options", "-c work_mem=1MB"))
check("options twice", {"geqo": "off", "work_mem": "4MB"}, ("options", "-c work_mem=1MB"), ("options", "-c geqo=off"))
check("a name twice", {"work_mem": "7MB"}, ("work_mem", "6MB"), ("Work_Mem", "7MB"))
check("user twice", {"session_authorization": options.user}, ("user", "nobody"), ("user", options.user))
check("no application_name", {"application_name": ""}, ("application_name", ""))
check("a name of ours", {"application_name": "a 'b' \\"}, ("application_name", "a 'b' \\"))
check("another spelling", {"DateStyle": "ISO, MDY"}, ("DateStyle", "iso"))
check("another spelling", {"client_encoding": "UTF8"}, ("client_encoding", "utf-8"))
check("not replication", {"work_mem": "4MB"}, ("replication", "true"), ("replication", "of"))
for refused in ("-e", "-c", "-c work_mem", "-d 5", "work_mem=1MB"):
    try:
        protocol.Client(options, more=[("options", refused)])
        raise AssertionError(f"options {refused!r} were taken")
    except AssertionError as error:
        protocol.expect(str(error), "the connection ended", f"options {refused!r}")
print("well")
