import ProxyCore
import Testing

@Suite struct UserSecretTests {
    private static let secrets: [UserSecret] = [.plain("s3cret"), .md5("md5s3cret")]

    @Test(arguments: secrets)
    func `no way of printing shows a secret`(secret: UserSecret) {
        var dumped = ""
        dump(secret, to: &dumped)
        var nested = ""
        dump(["ann": [secret]], to: &nested)
        let texts = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", "\(["ann": secret])",
            "\(Optional(secret) as Any)", dumped, nested,
        ]
        for text in texts {
            #expect(!text.contains("s3cret"), "\(text)")
            #expect(text.contains("*****"), "\(text)")
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test(arguments: secrets)
    func `nor do the settings that hold it`(secret: UserSecret) {
        var settings = DataPlaneSettings()
        settings.secrets["ann"] = secret
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(dumped.contains("ann"))
        for text in [dumped, "\(settings)", String(reflecting: settings)] { #expect(!text.contains("s3cret")) }
    }

    @Test func `secrets are compared by what they are`() {
        #expect(UserSecret.plain("a") == .plain("a"))
        #expect(UserSecret.plain("a") != .plain("b"))
        #expect(UserSecret.plain("md5a") != .md5("md5a"))
    }
}
