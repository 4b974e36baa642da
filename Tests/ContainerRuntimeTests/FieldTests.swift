import ContainerRuntime
import OCISpec
import Testing

/// Every field of config.json is carried out, refused, warned about or explained: never ignored in silence.
@Suite struct FieldTests {
    @Test func everyFieldIsInTheTable() throws {
        let known = Set(try FieldRecorder.leaves(of: Configuration.self))
        let listed = Set(FieldTable.rows.flatMap(\.paths))
        #expect(known.subtracting(listed).sorted() == [])
        #expect(listed.subtracting(known).sorted() == [])
    }

    @Test(arguments: FieldTable.rows)
    func fieldsDoWhatTheTableSays(row: FieldRow) throws {
        let plain = try makePlan(linux: "")
        guard let sample = row.sample else { return }
        var result: SandboxPlan?
        let message = refusal {
            result = try makePlan(linux: sample.linux, more: sample.root, process: sample.process)
        }
        switch row.outcome {
        case .carriedOut:
            #expect(message == "accepted")
            var silent = result
            silent?.warnings = []
            #expect(silent != nil && silent != plain)
        case .warned(let path):
            #expect(message == "accepted")
            #expect(result?.warnings.first?.hasPrefix(path + ":") == true)
        case .refused(let path): #expect(message.hasPrefix(path + ":"))
        case .explained: #expect(message == "accepted")
        }
    }
}
