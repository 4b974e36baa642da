@testable import AgentCore
import Glibc
import Linux

extension NativeCgroup {
    // BPF_PROG_QUERY and BPF_CGROUP_DEVICE of linux/bpf.h.
    private static let query: Int64 = 16
    private static let device: UInt64 = 6

    /// The ids of the device filters of a cgroup, without those above.
    func filters(of folder: String) throws -> [UInt32] {
        let cgroup = try OwnedFD.open(path + folder, O_RDONLY | O_DIRECTORY)
        var ids = [UInt32](repeating: 0, count: 8)
        // SAFETY: both arrays outlive the call, which is told their sizes.
        return try unsafe ids.withUnsafeMutableBufferPointer { ids in
            // struct { target_fd, attach_type, query_flags, attach_flags, prog_ids, prog_cnt, ... } of union bpf_attr.
            var words: [UInt64] = [
                UInt64(UInt32(cgroup.rawValue)) | Self.device << 32, 0,
                UInt64(UInt(bitPattern: ids.baseAddress)), UInt64(ids.count), 0, 0, 0, 0, 0,
            ]
            let size = Int64(words.count * 8)
            try unsafe words.withUnsafeMutableBytes {
                _ = try SystemCall.bpf(
                    Self.query, Int64(Int(bitPattern: $0.baseAddress)), size)
            }
            return unsafe Array(ids.prefix(Int(words[3] & 0xffff_ffff)))
        }
    }
}
