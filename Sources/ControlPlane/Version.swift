/// What Egret calls itself.
package enum EgretVersion {
    package static let number = "0.1.0"
    /// The pgpool-II release whose commands and columns are answered; tools compare it.
    package static let compatibility = "4.6.0"
}
