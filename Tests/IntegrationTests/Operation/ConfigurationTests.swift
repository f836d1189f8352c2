import Foundation
import LocalCluster
import Testing

extension IntegrationTests {
    /// Configurations that are wrong: what `egret run` and `egret check` say, and how they end.
    @Suite(.serialized)
    struct ConfigurationTests {
        /// A configuration that nothing has to listen to.
        static func directory(_ name: String) async throws -> (String, EgretConfiguration) {
            let cluster = try await SharedCluster.one.get()
            let directory = cluster.directory + "/configuration-\(name)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            return (directory, try EgretConfiguration(cluster: cluster))
        }

        @Test(
            .timeLimit(.minutes(1)),
            arguments: [
                ("port", "'ninety'"), ("port", "99999"), ("num_init_children", "0"),
                ("num_init_children", "'12 apples'"),
                ("health_check_period", "'5 fortnights'"), ("load_balance_mode", "perhaps"),
                ("backend_clustering_mode", "'quantum'"), ("backend_clustering_mode", "'native_replication'"),
                ("pool_mode", "'sometimes'"), ("backend_weight0", "-1"), ("backend_flag1", "'FLY'"),
            ])
        func `A bad value ends with an error that names file, line and parameter`(
            name: String, value: String
        ) async throws {
            let number = UInt32.random(in: 0...UInt32.max)
            var (directory, configuration) = try await Self.directory("\(number)")
            configuration.set(name, value)
            let line = configuration.text(directory: directory).split(separator: "\n").count
            let egret = try await EgretProcess.launch(configuration, directory: directory)
            let exit = await egret.waitForExit(.seconds(10))
            if exit == nil { await egret.stop() }
            guard case .exited(let code) = exit else {
                Issue.record("\(name) = \(value) was accepted, or crashed: \(String(describing: exit))")
                return
            }
            #expect(code != 0)
            let text = egret.log.text
            #expect(text.contains(name), "\(text)")
            #expect(text.contains("egret.conf") && text.contains("\(line)"), "no file and line \(line): \(text)")

            let check = try await egret.operate("check")
            #expect(check.status != 0, "egret check accepts it: \(check)")
            #expect((check.output + check.errors).contains(name), "\(check)")
        }

        @Test(.timeLimit(.minutes(1)))
        func `An unknown name is a warning`() async throws {
            try await Stand.withSharedCluster(
                adjust: { configuration, _ in configuration.set("no_such_parameter", "1") }
            ) { stand in
                #expect(stand.egret.log.text.contains("no_such_parameter"))
                let check = try await stand.egret.operate("check")
                #expect(check.isSuccess, "\(check)")
                #expect((check.output + check.errors).contains("no_such_parameter"), "\(check)")
            }
        }

        @Test(.timeLimit(.minutes(1)))
        func `A file that breaks off in the middle is refused`() async throws {
            let (directory, configuration) = try await Self.directory("broken")
            let egret = try await EgretProcess.launch(configuration, directory: directory)
            await egret.stop()
            let path = egret.configurationPath
            let text = configuration.text(directory: directory) + "log_line_prefix = 'never ends\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let run = try await Command(egret.binary, ["run", "-f", path], timeLimit: .seconds(10)).result()
            #expect(run.status != 0 && run.status < 128, "\(run)")
            let line = text.split(separator: "\n").count
            #expect((run.output + run.errors).contains("\(line)"), "\(run)")
        }

        @Test(.timeLimit(.minutes(1)))
        func `A port that is taken is a clear error`() async throws {
            try await Stand.withSharedCluster { stand in
                var (directory, configuration) = try await Self.directory("taken")
                configuration.port = stand.egret.port
                let egret = try await EgretProcess.launch(configuration, directory: directory)
                let exit = await egret.waitForExit(.seconds(10))
                if exit == nil { await egret.stop() }
                #expect(exit == .exited(code: 1), "two Egrets on one port")
                #expect(egret.log.text.contains("\(stand.egret.port)"), "\(egret.log.text)")
            }
        }
    }
}
