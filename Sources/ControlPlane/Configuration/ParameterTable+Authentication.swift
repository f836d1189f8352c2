extension ParameterTable {
    static let authentication = [
        Parameter(
            "enable_pool_hba", .bool, "off", .reload, .later,
            values: ["on": .refused("pool_hba.conf is not read yet, and clients that it rejects would be let in")],
            "Decides by pool_hba.conf which clients may connect and how they authenticate."),
        Parameter(
            "pool_passwd", .string, "pool_passwd", .start, .implemented,
            "File with the secrets of users; empty means none."),
        Parameter(
            "authentication_timeout", .seconds, "60", .start, .implemented,
            "How long a client may take to authenticate; 0 means for ever."),
        Parameter(
            "allow_clear_text_frontend_auth", .bool, "off", .reload, .implemented,
            "Asks a client that has no entry in pool_passwd for its password in clear text."),
    ].grouped(as: .authentication)

    static let tls = [
        Parameter(
            "ssl", .bool, "off", .start, .later,
            "Accepts TLS from clients and offers it to servers."),
        Parameter(
            "ssl_key", .string, "", .start, .later, onlyWith: "ssl",
            "File with the private key for clients."),
        Parameter(
            "ssl_cert", .string, "", .start, .later, onlyWith: "ssl",
            "File with the certificate chain for clients."),
        Parameter(
            "ssl_ca_cert", .string, "", .start, .later, onlyWith: "ssl",
            "File with the authorities that certificates of clients and servers are checked against."),
        Parameter(
            "ssl_ca_cert_dir", .string, "", .start, .later, onlyWith: "ssl",
            "Directory with such authorities, named by hash."),
        Parameter(
            "ssl_crl_file", .string, "", .start, .later, onlyWith: "ssl",
            "File with revoked certificates."),
        Parameter(
            "ssl_ciphers", .string, "HIGH:MEDIUM:+3DES:!aNULL", .start, .later, onlyWith: "ssl",
            "OpenSSL's list of ciphers up to TLS 1.2."),
        Parameter(
            "ssl_prefer_server_ciphers", .bool, "off", .start, .later, onlyWith: "ssl",
            "Prefers Egret's order of ciphers to the client's."),
        Parameter(
            "ssl_ecdh_curve", .string, "prime256v1", .start, .later, onlyWith: "ssl",
            "Curve for the key exchange."),
        Parameter(
            "ssl_dh_params_file", .string, "", .start,
            .ignored("OpenSSL chooses Diffie-Hellman groups itself"), onlyWith: "ssl",
            "File with Diffie-Hellman parameters."),
        Parameter(
            "ssl_passphrase_command", .string, "", .start, .later, onlyWith: "ssl",
            "Shell command that prints the private key's passphrase; %p is the prompt."),
    ].grouped(as: .tls)
}
