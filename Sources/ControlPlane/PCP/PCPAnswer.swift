package import ProxyCore

/// The answer to a PCP request, whole.
package struct PCPAnswer: Sendable, Equatable {
    package typealias Stop = @Sendable (StopMode) -> Void

    package var frames: [PCPFrame]
    /// What is to happen once the client has the answer.
    package var stop: StopMode?

    package init(_ frames: [PCPFrame], stop: StopMode? = nil) {
        self.frames = frames
        self.stop = stop
    }
}
