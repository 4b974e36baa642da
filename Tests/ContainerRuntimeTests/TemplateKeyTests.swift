import Foundation
import Testing

@testable import ContainerRuntime

/// What needs another template.
@Suite(.enabled(if: canRun)) struct TemplateKeyTests {
    private let folder: TemplateFolder

    init() throws {
        folder = try TemplateFolder()
    }

    @Test func isTheSameForTheSameMachine() throws {
        let (first, second) = try (folder.key(), folder.key())
        #expect(first == second)
        #expect(first.name == second.name)
        #expect(first.document == second.document)
    }

    @Test func hasANameOf16Digits() throws {
        for cpus in UInt32(1)...64 {
            let name = try folder.key(cpus: cpus).name
            #expect(name.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        }
    }

    @Test func isAnotherForAnotherShape() throws {
        let key = try folder.key()
        let others = try [
            folder.key(megabytes: 512), folder.key(cpus: 2), folder.key(cards: 8),
            folder.key(parameters: "debug"),
        ]
        #expect(Set(others.map(\.name) + [key.name]).count == 5)
    }

    @Test(arguments: ["kernel", "image", "sandbox"])
    func isAnotherWhenAFileHasChanged(name: String) throws {
        let file = folder.folder + "/" + name
        let key = try folder.key()
        // The clock of files is coarser than this one.
        usleep(20_000)
        try folder.write(file, "2")
        let changed = try folder.key()
        try FileManager.default.removeItem(atPath: file)
        try folder.write(file, "2")

        #expect(changed != key)
        #expect(changed.name != key.name)
        #expect(try folder.key() != changed)
    }

    @Test func isReadBackFromItsDocument() throws {
        let key = try folder.key(megabytes: 512, cpus: 3, cards: 5, parameters: "a=\"b\\\" c")
        let record = try #require(TemplateKey.Record(document: key.document))
        #expect(record.kernel == folder.kernel)
        #expect(record.image == folder.image)
        #expect(record.memorySize == 512 << 20)
        #expect(record.processorCount == 3)
        #expect(record.networkCards == 5)
        #expect(record.kernelParameters == "a=\"b\\\" c")
        #expect(record.document == key.document)
    }

    @Test(arguments: [
        "", "{}", "[]", "nonsense", #"{"kernel": "/k"}"#,
        #"{"kernel": "/k", "image": "/i", "memory": -1, "cpus": 1, "parameters": ""}"#,
        #"{"kernel": "/k", "image": "/i", "memory": 1, "cpus": 5000000000, "parameters": ""}"#,
    ])
    func isNotReadFromAnotherText(text: String) {
        #expect(TemplateKey.Record(document: text) == nil)
    }
}
