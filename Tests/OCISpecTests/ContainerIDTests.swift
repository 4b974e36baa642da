import OCISpec
import Testing

@Suite struct ContainerIDTests {
    @Test(arguments: ["a", "A-b_c.d+e", "...", "-x", "a,b", String(repeating: "a", count: 255)])
    func acceptsWhatRuncAccepts(text: String) throws {
        #expect(try ContainerID(text).text == text)
    }

    @Test(arguments: [".", "..", "a/b", "a b", "ä", "a\n", String(repeating: "a", count: 256)])
    func refusesWhatCannotBeAFolder(text: String) {
        #expect(throws: SpecError.containerID("invalid container ID format")) {
            try ContainerID(text)
        }
    }

    @Test func refusesTheEmptyOne() {
        #expect(throws: SpecError.containerID("container id cannot be empty")) {
            try ContainerID("")
        }
    }
}
