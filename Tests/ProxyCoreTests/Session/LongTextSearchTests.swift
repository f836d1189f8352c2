import ProxyCore
import Testing

@Suite struct LongTextSearchTests {
    private static func finds(_ text: String, pieces: Int) -> Bool {
        var search = LongTextSearch()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            search.add(bytes[start..<min(start + pieces, bytes.count)])
        }
        return search.hasFound
    }

    private static let padding = String(repeating: "x, 'y' ", count: 100)

    @Test(arguments: [
        "SELECT setseed(0.5)", "; LOAD 'auto_explain'", "select CURRVAL('s')", "select lastval()",
        "SELECT dblink_connect('c')", "select set_config(x, y, false)", "SET app.tenant = 1", "SET SESSION app.x TO 2",
        "set local app.x to 2", "SET /* which */ app.x = 1", "SET \"App\".x = 1", "SELECT u&\"\\0073etseed\"(1)",
    ])
    func `what nobody can be asked about is found, wherever the text is cut`(text: String) {
        for pieces in [1, 2, 3, 7, 64, 300, 5_000] {
            #expect(Self.finds(Self.padding + text + "; " + Self.padding, pieces: pieces), "pieces of \(pieces)")
        }
        #expect(Self.finds(text + "\0", pieces: 1_000))
    }

    @Test(arguments: [
        "UPDATE t SET a = 1, b = 2", "INSERT INTO downloads VALUES ('upload', 'loaded')", "SELECT preset, reload_at",
        "SET work_mem = '1GB'", "SELECT u & 3", "INSERT INTO sets VALUES (1.5)", "SELECT offset_setseed_no",
    ])
    func `other words are not`(text: String) {
        for pieces in [1, 2, 5, 64, 300, 5_000] {
            #expect(!Self.finds(Self.padding + text + Self.padding, pieces: pieces), "pieces of \(pieces)")
        }
    }
}
