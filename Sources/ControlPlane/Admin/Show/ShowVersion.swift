internal import ProxyCore

/// `SHOW pool_version`. Tools read the number in front: it is the level of compatibility.
enum ShowVersion {
    static func reply() -> AdminReply {
        .rows(
            columns: ["pool_version"],
            rows: [["\(EgretVersion.compatibility) (egret \(EgretVersion.number))"]])
    }
}
