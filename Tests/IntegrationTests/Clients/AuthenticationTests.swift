import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// Each method on both legs. Without `pool_hba.conf` a client is asked for what the server asks Egret for.
    @Suite(.serialized)
    struct AuthenticationTests {
        /// The roles that have to prove who they are.
        static let guarded = ClusterUser.onePerMethod.filter { $0.method != .trust }

        @Test(.timeLimit(.minutes(1)), arguments: [EgretConfiguration.PoolMode.session, .transaction])
        func `Right, wrong and missing passwords`(poolMode: EgretConfiguration.PoolMode) async throws {
            try await Stand.withSharedCluster(poolMode: poolMode) { stand in
                let trusted = try await stand.target("trusty").query("SELECT current_user")
                #expect(trusted == "trusty")
                for user in Self.guarded {
                    // Twice: the second time there is a server that is logged in already.
                    for _ in 0..<2 {
                        let right = try await stand.target(user.name, password: user.password).query(
                            "SELECT current_user")
                        #expect(right == user.name)
                        let wrong = try await stand.target(user.name, password: "not it").attempt("SELECT 1")
                        #expect(wrong.status == 2, "\(user.method): \(wrong)")
                        #expect(wrong.errors.contains("FATAL"), "\(user.method): \(wrong.errors)")
                        #expect(wrong.errors.contains("password authentication failed"), "\(wrong.errors)")
                        let missing = try await stand.target(user.name).attempt("SELECT 1")
                        #expect(missing.status == 2, "\(user.method): \(missing)")
                        #expect(missing.errors.contains("no password supplied"), "\(missing.errors)")
                        let empty = try await stand.target(user.name, password: "").attempt("SELECT 1")
                        #expect(empty.status == 2, "\(user.method): \(empty)")
                    }
                }
                #expect(!stand.egret.log.text.contains("-secret"), "a secret is in the log")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Drivers of another make authenticate too`() async throws {
            try await Stand.withSharedCluster { stand in
                for user in ClusterUser.onePerMethod {
                    let answer = try await stand.drive(
                        "show_commands.py", ["--command", "show pool_version"], user: user.name,
                        password: user.password)
                    #expect(answer.hasPrefix("pool_version\n"), "\(user.method)")
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A user without an entry in pool_passwd is told so`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.secrets = [:] }
            ) { stand in
                let trusted = try await stand.target("trusty").query("SELECT 1")
                #expect(trusted == "1")
                for user in Self.guarded where user.method != .password {
                    let result = try await stand.target(user.name, password: user.password).attempt("SELECT 1")
                    #expect(result.status == 2)
                    #expect(result.errors.contains("FATAL"), "\(result.errors)")
                    #expect(result.errors.contains(user.name), "\(result.errors)")
                }
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A secret that the server refuses opens nothing`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in
                    configuration.secrets = Dictionary(
                        uniqueKeysWithValues: Self.guarded.map { ($0.name, "TEXTstale-word") })
                }
            ) { stand in
                for user in Self.guarded {
                    let result = try await stand.target(user.name, password: "stale-word").attempt("SELECT 1")
                    #expect(result.status == 2, "\(user.method): \(result)")
                    #expect(result.errors.contains("FATAL"), "\(user.method): \(result.errors)")
                }
                #expect(!stand.egret.log.text.contains("stale-word"), "a secret is in the log")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `An MD5 secret in pool_passwd serves an MD5 user`() async throws {
            let user = try #require(Self.guarded.first { $0.method == .md5 })
            let cluster = try await SharedCluster.one.get()
            let stored = try await cluster.primary.query(
                "SELECT rolpassword FROM pg_authid WHERE rolname = '\(user.name)'")
            #expect(stored.hasPrefix("md5"))
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.secrets = [user.name: stored] }
            ) { stand in
                let right = try await stand.target(user.name, password: user.password).query("SELECT 1")
                #expect(right == "1")
                let wrong = try await stand.target(user.name, password: "not it").attempt("SELECT 1")
                #expect(wrong.status == 2)
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `Users do not share servers`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("default_pool_size", "1") }
            ) { stand in
                for _ in 0..<3 {
                    for user in ClusterUser.onePerMethod {
                        let name = try await stand.target(user.name, password: user.password).query(
                            "SELECT current_user || ' ' || session_user")
                        #expect(name == "\(user.name) \(user.name)")
                    }
                }
            }
        }
    }
}
