import CAgent
import Testing

/// passwd(5). The file is the image's, so anything may be in it.
@Suite("The home directory of a user in /etc/passwd")
struct HomeTests {
    private func home(_ text: String, uid: UInt32, room: Int = 64) -> String? {
        var out = [CChar](repeating: 0x7f, count: room)
        let bytes = text.utf8.map { CChar(bitPattern: $0) }
        // SAFETY: both arrays outlive the call, which is told their sizes.
        let length = unsafe ca_find_home(bytes, bytes.count, uid, &out, room)
        guard length > 0 else { return nil }
        // What is written ends with a zero, and not behind the room.
        #expect(length < room && out[length] == 0)
        return String(decoding: out.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test("the first line with the uid counts")
    func first() {
        let text = "root:x:0:0:root:/root:/bin/sh\na:x:7:7::/a:\nb:x:7:7::/b:\n"

        #expect(home(text, uid: 0) == "HOME=/root")
        #expect(home(text, uid: 7) == "HOME=/a")
        #expect(home(text, uid: 8) == nil)
    }

    @Test(
        "lines that are none are passed over",
        arguments: [
            "", "\n", ":", "::::::\n", "a:x:7\n", "a:x:7x:7::/no:\n",
            "a:x:-7:7::/no:\n", "a:x: 7:7::/no:\n", "a:x:4294967303:7::/no:\n", "a:x::7::/no:\n",
            "a:x:99999999999999999999999:7::/no:\n",
        ])
    func noLine(line: String) {
        #expect(home(line + "\nb:x:7:7::/b:/bin/sh\n", uid: 7) == "HOME=/b")
    }

    @Test("a last line without its end counts, and one without a shell")
    func unterminated() {
        #expect(home("a:x:7:7::/a", uid: 7) == "HOME=/a")
        #expect(home("a:x:7:7::/a:/bin/sh", uid: 7) == "HOME=/a")
    }

    @Test("a user without a folder has none")
    func emptyFolder() {
        #expect(home("a:x:7:7:::/bin/sh\nb:x:7:7::/b:\n", uid: 7) == nil)
    }

    @Test("a folder that does not fit, or has a zero in it, is none")
    func unfit() {
        let text = "a:x:7:7::/1234567:\n"

        #expect(home(text, uid: 7, room: 14) == "HOME=/1234567")
        #expect(home(text, uid: 7, room: 13) == nil)
        #expect(home("a:x:7:7::/a\0b:\n", uid: 7) == nil)
    }

    @Test("the largest uid is found")
    func largest() {
        #expect(home("a:x:4294967295:7::/a:\n", uid: UInt32.max) == "HOME=/a")
    }
}
