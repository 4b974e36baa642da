internal import Linux
internal import Protocols

// Settings of a cgroup: files of cgroup v2 and what is written to them.
extension Cgroup {
    /// Writes the settings in their order.
    func write(_ settings: [Assignment]) throws(Failure) {
        for setting in settings { try write(setting) }
    }

    /// Writes the settings in their order; where one fails, those that were written are put back.
    func change(_ settings: [Assignment]) throws(Failure) {
        var undoing: [Assignment] = []
        for setting in settings {
            let before = try? KernelFile.read(file(setting.name))
            do throws(Failure) {
                try write(setting)
            } catch {
                for previous in undoing.reversed() { putBack(previous) }
                throw error
            }
            if let before { undoing.append(setting.undoing(before: before)) }
        }
    }

    /// The path of one of its files. The name is one that `PlanCheck` has let through.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    private func write(_ setting: Assignment) throws(Failure) {
        do throws(Errno) {
            try KernelFile.write(setting.value, to: file(setting.name))
        } catch .noSuchFile where setting.name == "memory.swap.max" {
            // A kernel without swap: whatever the limit is, it holds.
        } catch {
            throw Action.path("write \(setting.value) to cgroup file", setting.name).failure(error)
        }
    }

    private func putBack(_ setting: Assignment) {
        do throws(Failure) {
            try write(setting)
        } catch {
            Log.write(.warning, "cannot put back: \(error)")
        }
    }
}

extension Assignment {
    /// What takes this setting back, where the file's text was this before.
    ///
    /// Files that have a line for each device, or one named `default`, are written a line at a time ("io.max" and
    /// others of the kernel's cgroup-v2 document); a device without a line has no limit.
    func undoing(before text: String) -> Assignment {
        let words = value.split(separator: " ")
        let lines = text.split(separator: "\n")
        guard let first = words.first else { return Assignment(name: name, value: text) }
        let isDevice = first.contains(":")
        let key = isDevice ? first : "default"
        if let line = lines.first(where: { $0.split(separator: " ").first == key }) {
            return Assignment(name: name, value: String(line))
        }
        guard isDevice else { return Assignment(name: name, value: text) }
        let limits = words.dropFirst().map { word in
            word.contains("=") ? String(word.prefix { $0 != "=" }) + "=max" : "default"
        }
        return Assignment(name: name, value: ([String(key)] + limits).joined(separator: " "))
    }
}
