import DataPlane
import ProxyCore
import Testing

/// Sockets that say nothing take places away from nobody for long.
@Suite struct SilentSocketsTests {
    private static let script: FakeServer.Script = { session in
        _ = try session.startup()
        try session.welcome()
        try session.serve()
    }

    private static func warnings(_ proxy: TestProxy) -> Int {
        proxy.reported.count { event in
            if case .log(.warning, let text) = event { text.hasPrefix("clients are not accepted") } else { false }
        }
    }

    @Test func `they are bounded, the log says so once, and sessions go on`() throws {
        try TestProxy.run(
            Self.script,
            configure: { settings in
                settings.clientSocketsMax = 8
                settings.authenticationTimeout = 60_000_000_000
            }
        ) { proxy in
            let session = try proxy.goodClient()
            let silent = try (0..<20).map { _ in try proxy.connect() }
            for _ in 0..<10 {
                try TestProxy.expectWorking(session)
                Pause.milliseconds(50)
            }
            #expect(Self.warnings(proxy) == 1)
            // Those that have said nothing for two seconds make room, at last for one that speaks.
            let late = try proxy.connect()
            var answer = try? late.login("good")
            for _ in 0..<3 where answer == nil { answer = try? late.answer() }
            #expect(answer?.isReady == true)
            try TestProxy.expectWorking(late)
            try TestProxy.expectWorking(session)
            #expect(Self.warnings(proxy) == 1)
            #expect(silent.count == 20)
        }
    }

    @Test func `a socket that ends gives its place back`() throws {
        try TestProxy.run(Self.script, configure: { $0.clientSocketsMax = 2 }) { proxy in
            for _ in 0..<12 { try TestProxy.expectWorking(try proxy.goodClient()) }
            #expect(proxy.reported.allSatisfy { if case .nodeFailed = $0 { false } else { true } })
        }
    }
}
