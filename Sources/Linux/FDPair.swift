extension FDPair {
    /// Keeps one end and closes the other.
    package consuming func keepingFirst() -> OwnedFD {
        first
    }

    /// Keeps one end and closes the other.
    package consuming func keepingSecond() -> OwnedFD {
        second
    }
}
