import Foundation
import Glibc
import Linux
import Synchronization
import Testing

@testable import ContainerRuntime

/// The folder of templates. A key names the device of KVM, so there must be one.
@Suite(.enabled(if: canRun)) struct TemplateStoreTests {
    private let folder: TemplateFolder

    init() throws {
        folder = try TemplateFolder()
    }

    private func entries() throws -> [String] {
        try folder.store().entries().map(\.name)
    }

    @Test func findsNothingInAnEmptyFolder() throws {
        #expect(try folder.store().find(folder.key()) == nil)
        #expect(folder.names == [])
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    @Test func makesATemplateOnce() throws {
        let key = try folder.key()
        #expect(try folder.obtain(key) == "1")
        #expect(try folder.obtain(key) == "1")
        #expect(folder.names == [key.name])
        #expect(try folder.store().find(key)?.name == key.name)
        #expect(folder.text("\(folder.path)/\(key.name)/template.json") == key.document)
    }

    @Test func makesOneForEachKey() throws {
        let keys = try [folder.key(), folder.key(megabytes: 512), folder.key(cpus: 2)]
        #expect(try keys.map { try folder.obtain($0) } == ["1", "2", "3"])
        #expect(try keys.map { try folder.obtain($0) } == ["1", "2", "3"])
        #expect(try Set(entries()) == Set(keys.map(\.name)))
    }

    @Test func tenThreadsThatWantTheSameMakeOne() throws {
        let key = try folder.key()
        let results = Mutex<[String]>([])
        let folder = folder
        let threads = try (0..<10).map { _ in
            try Linux.Thread.start(name: "wants") {
                let text = (try? folder.obtain(key, milliseconds: 100)) ?? "failed"
                results.withLock { $0.append(text) }
            }
        }
        threads.forEach { $0.join() }
        #expect(results.withLock { $0 } == [String](repeating: "1", count: 10))
        #expect(folder.makes.withLock { $0 } == 1)
        #expect(folder.names == [key.name])
    }

    @Test func threadsThatWantOthersDoNotWaitForEachOther() throws {
        let keys = try [folder.key(), folder.key(cpus: 2)]
        let folder = folder
        let inside = Mutex(0)
        let met = Mutex(false)
        let threads = try keys.map { key in
            try Linux.Thread.start(name: "wants") {
                _ = try? folder.store().obtain(key) { _ throws(RuntimeError) in
                    inside.withLock { $0 += 1 }
                    let both = eventually { inside.withLock { $0 } == 2 }
                    met.withLock { $0 = both }
                    throw .usage("enough")
                }
            }
        }
        threads.forEach { $0.join() }
        #expect(met.withLock { $0 })
    }

    @Test func aMakerThatFailsLeavesNothing() throws {
        let key = try folder.key()
        let error = #expect(throws: RuntimeError.self) {
            try folder.store().obtain(key) { place throws(RuntimeError) in
                _ = try? place.open(at: "memory", O_RDWR | O_CREAT, mode: 0o600)
                throw .templates("out of luck")
            }
        }
        #expect(error == .templates("out of luck"))
        #expect(folder.names == [])
        #expect(try folder.obtain(key) == "1")
    }

    @Test func whoWaitsForAMakerThatFailsMakesItself() throws {
        let key = try folder.key()
        let folder = folder
        let begun = Mutex(false)
        let first = try Linux.Thread.start(name: "fails") {
            _ = try? folder.store().obtain(key) { _ throws(RuntimeError) in
                begun.withLock { $0 = true }
                usleep(200_000)
                throw .usage("out of luck")
            }
        }
        #expect(eventually { begun.withLock { $0 } })
        #expect(try folder.obtain(key) == "1")
        first.join()
        #expect(folder.names == [key.name])
    }

    /// What a maker has left that was killed, step by step.
    @Test(arguments: [
        [], ["template.json"], ["template.json", "state"], ["template.json", "memory"],
    ])
    func whatIsLeftOfAMakerIsNoTemplate(files: [String]) throws {
        let key = try folder.key()
        let staging = "\(folder.path)/\(key.name).new"
        try folder.make()
        try FileManager.default.createDirectory(
            atPath: staging, withIntermediateDirectories: true)
        for file in files { try folder.write("\(staging)/\(file)", "half") }

        #expect(try folder.store().find(key) == nil)
        #expect(try entries() == [])
        #expect(try folder.obtain(key) == "1")
        #expect(folder.names == [key.name])
        #expect(folder.text("\(folder.path)/\(key.name)/template.json") == key.document)
    }

    @Test func whatIsLeftOfAMakerIsRemovedByPrune() throws {
        let key = try folder.key()
        try folder.obtain(key)
        let staging = folder.path + "/0123456789abcdef.new"
        try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
        try folder.write(staging + "/memory", "half")

        #expect(try folder.store().prune { _ in true } == [])
        #expect(folder.names == [key.name])
    }

    @Test func whatIsBeingMadeIsNotPruned() throws {
        let (key, other) = try (folder.key(), folder.key(cpus: 2))
        let template = try folder.store().obtain(key) { place throws(RuntimeError) in
            _ = try? folder.store().prune { _ in false }
            _ = try? folder.obtain(other)
            do throws(Errno) {
                try place.open(at: "state", O_RDWR | O_CREAT, mode: 0o600).writeAll([7])
                try place.open(at: "memory", O_RDWR | O_CREAT, mode: 0o600).setSize(1)
            } catch {
                throw .system("make", error)
            }
        }
        #expect(try template.state.read(upTo: 9, at: 0) == [7])
        #expect(folder.names == [key.name, other.name].sorted())
    }

    @Test func whatIsNoTemplateIsLeftAlone() throws {
        let alone = ["notes", "notes.new", "0123456789abcdefg.new", "0123456789ABCDEF", ".new"]
        try folder.make()
        for name in alone {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
            try folder.write("\(folder.path)/\(name)/mine", "mine")
        }

        try folder.obtain(folder.key())
        _ = try folder.store().prune { _ in false }

        #expect(folder.names == alone.sorted())
        #expect(folder.text(folder.path + "/notes.new/mine") == "mine")
    }

    @Test(arguments: ["{}", "", "null", "{\"kernel\": 1}"])
    func prunesWhatHasNoReadableKey(document: String) throws {
        let key = try folder.key()
        try folder.obtain(key)
        try folder.write("\(folder.path)/\(key.name)/template.json", document)

        #expect(try entries() == [])
        #expect(try folder.store().prune { _ in true } == [key.name])
        #expect(folder.names == [])
    }

    @Test func prunesWhatIsNotCurrent() throws {
        let (old, new) = try (folder.key(), folder.key(megabytes: 512))
        try folder.obtain(old)
        try folder.obtain(new)

        let pruned = try folder.store().prune { $0.key.memorySize == 512 << 20 }
        #expect(pruned == [old.name])
        #expect(folder.names == [new.name])
    }

    @Test func aNewTemplateTakesThePlaceOfThatWithOldFiles() throws {
        let other = try folder.key(megabytes: 512)
        let old = try folder.key()
        try folder.obtain(old)
        try folder.obtain(other)
        // A file of another size is another file, whatever the grain of its times.
        try folder.write(folder.kernel, "a new kernel")
        let new = try folder.key()

        try folder.obtain(new)

        #expect(new != old)
        #expect(folder.names == [new.name, other.name].sorted())
    }

    @Test func templatesOfAnEarlierBootGoWithTheFirstNewOne() throws {
        let (old, new) = try (folder.key(megabytes: 512), folder.key())
        try folder.obtain(old)
        let boot = try #require(folder.text("/proc/sys/kernel/random/boot_id")?.prefix(36))
        let earlier = String(repeating: "0", count: 36)
        try folder.write(
            "\(folder.path)/\(old.name)/template.json",
            old.document.replacingOccurrences(of: boot, with: earlier))

        try folder.obtain(new)

        #expect(folder.names == [new.name])
    }

    @Test func aTemplateOfAnotherKeyUnderTheSameNameIsReplaced() throws {
        let (key, other) = try (folder.key(), folder.key(cpus: 2))
        try folder.obtain(key)
        try folder.write("\(folder.path)/\(key.name)/template.json", other.document)

        #expect(try folder.store().find(key) == nil)
        #expect(try folder.obtain(key) == "2")
        #expect(folder.text("\(folder.path)/\(key.name)/template.json") == key.document)
        #expect(folder.names == [key.name])
    }

    @Test(arguments: ["state", "memory", "template.json"])
    func aTemplateWithoutOneOfItsFilesIsReplaced(file: String) throws {
        let key = try folder.key()
        try folder.obtain(key)
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(key.name)/\(file)")

        #expect(try folder.obtain(key) == "2")
    }

    @Test(arguments: [0o777, 0o720, 0o702] as [Int])
    func refusesAFolderWhereOthersCanWrite(mode: Int) throws {
        try folder.make(mode: mode)

        #expect(
            refusal { _ = try folder.store() } == "\(folder.path): others can write there")
    }

    @Test(arguments: [0o700, 0o755, 0o750] as [Int])
    func acceptsAFolderWhereOthersCanReadAtMost(mode: Int) throws {
        try folder.make(mode: mode)

        #expect(try entries() == [])
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func refusesAFolderOfSomebodyElse() throws {
        try folder.make()
        try FileManager.default.setAttributes(
            [.ownerAccountID: 1234], ofItemAtPath: folder.path)

        #expect(
            refusal { _ = try folder.store() } == "\(folder.path): others can write there")
    }

    @Test func keepsTheEightThatWereUsedLast() throws {
        let keys = try (1...10).map { try folder.key(cpus: $0) }
        for (number, key) in keys.prefix(8).enumerated() {
            try folder.obtain(key)
            try folder.age(key, minutes: Double(100 - number))
        }
        // The oldest but one was used again.
        _ = try folder.store().find(keys[0])
        try folder.obtain(keys[8])
        let afterNine = Set(folder.names)
        try folder.obtain(keys[9])

        let names = keys.map(\.name)
        #expect(afterNine == Set(names[0..<9]).subtracting([names[1]]))
        #expect(Set(folder.names) == Set(names).subtracting(names[1...2]))
    }

    @Test func listsThoseThatWereUsedLastFirst() throws {
        let keys = try (1...3).map { try folder.key(cpus: $0) }
        for key in keys { try folder.obtain(key) }
        for (key, minutes) in zip(keys, [20, 30, 10]) {
            try folder.age(key, minutes: Double(minutes))
        }
        #expect(try entries() == [keys[2].name, keys[0].name, keys[1].name])
    }

    @Test func aUseIsNotedOnceAMinute() throws {
        let key = try folder.key()
        try folder.obtain(key)
        func ago() throws -> Double {
            let path = "\(folder.path)/\(key.name)/state"
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return -(try #require(attributes[.modificationDate] as? Date)).timeIntervalSinceNow
        }
        try folder.age(key, minutes: 0.5)
        _ = try folder.store().find(key)
        let soon = try ago()
        try folder.age(key, minutes: 10)
        _ = try folder.store().find(key)

        #expect(soon > 25)
        #expect(try ago() < 10)
    }

    @Test func oneThatIsRemovedCanBeUsedFurther() throws {
        let key = try folder.key()
        try folder.obtain(key)
        let template = try #require(try folder.store().find(key))

        try folder.store().discard(key.name)
        #expect(folder.names == [])
        #expect(try folder.obtain(key) == "2")
        #expect(try template.state.read(upTo: 9, at: 0) == [UInt8(ascii: "1")])
        #expect(try template.memory.status().size == 1 << 20)
    }

    @Test(arguments: ["", ".", "..", "a/b", "/", "../templates", "nothing"])
    func discardingWhatIsNoTemplateChangesNothing(name: String) throws {
        let key = try folder.key()
        try folder.obtain(key)

        try folder.store().discard(name)
        #expect(folder.names == [key.name])
    }
}
