import Devices
import Testing

/// The header's layout: virtio 1.2, 5.10.6.
@Suite struct VsockHeaderTests {
    private static let bytes: [UInt8] = [
        0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80,  // src_cid
        0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // dst_cid
        0x01, 0x04, 0x00, 0x00,  // src_port
        0x78, 0x56, 0x34, 0x12,  // dst_port
        0xef, 0xcd, 0xab, 0x00,  // len
        0x01, 0x00,  // type: VIRTIO_VSOCK_TYPE_STREAM
        0x04, 0x00,  // op: VIRTIO_VSOCK_OP_SHUTDOWN
        0x03, 0x00, 0x00, 0x00,  // flags: both directions
        0x00, 0x00, 0x04, 0x00,  // buf_alloc
        0xff, 0xff, 0xff, 0xff,  // fwd_cnt
    ]

    private static var header: VsockHeader {
        var header = VsockHeader()
        header.sourceCID = 0x8000_0000_0000_0003
        header.destinationCID = 2
        header.sourcePort = 1025
        header.destinationPort = 0x1234_5678
        header.length = 0xab_cdef
        header.operation = VsockHeader.Operation.shutdown.rawValue
        header.flags = VsockHeader.Shutdown.both.rawValue
        header.bufferSize = 256 << 10
        header.forwardedCount = .max
        return header
    }

    @Test func aHeaderHas44Bytes() {
        #expect(VsockHeader.size == 44)
        #expect(Self.bytes.count == 44)
    }

    @Test func bytesAreReadAsTheSpecificationSays_5_10_6() {
        #expect(VsockHeader(Self.bytes) == Self.header)
    }

    @Test func aHeaderIsWrittenAsTheSpecificationSays_5_10_6() {
        #expect(Self.header.bytes == Self.bytes)
    }

    @Test func thePayloadDoesNotBelongToTheHeader() {
        #expect(VsockHeader(Self.bytes + [1, 2, 3]) == Self.header)
    }

    @Test(arguments: 0..<44)
    func fewerBytesAreNoHeader(count: Int) {
        #expect(VsockHeader(Array(Self.bytes.prefix(count))) == nil)
    }

    @Test(arguments: [
        (VsockHeader.Operation.request, UInt16(1)), (.response, 2), (.reset, 3), (.shutdown, 4),
        (.readWrite, 5), (.creditUpdate, 6), (.creditRequest, 7),
    ])
    func operationsHaveTheirNumbers_5_10_6(operation: VsockHeader.Operation, number: UInt16) {
        #expect(operation.rawValue == number)
    }
}

@Suite struct ByteQueueTests {
    @Test func bytesLeaveInTheOrderTheyCame() {
        var queue = ByteQueue()
        queue.append([1, 2, 3])
        queue.removeFirst(2)
        queue.append([4])
        #expect(Array(queue.contents) == [3, 4])
        #expect(queue.count == 2)
    }

    @Test(arguments: [3, 4, .max])
    func removingMoreThanThereIsLeavesNothing(count: Int) {
        var queue = ByteQueue()
        queue.append([1, 2, 3])
        queue.removeFirst(count)
        #expect(queue.isEmpty)
        #expect(queue.contents.isEmpty)
    }

    @Test(arguments: [0, -1, Int.min])
    func removingNothingLeavesAll(count: Int) {
        var queue = ByteQueue()
        queue.append([1, 2, 3])
        queue.removeFirst(count)
        #expect(Array(queue.contents) == [1, 2, 3])
    }

    @Test func muchGoesThroughInPieces() {
        var queue = ByteQueue()
        var taken: [UInt8] = []
        let bytes = (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        for start in stride(from: 0, to: bytes.count, by: 1000) {
            queue.append(Array(bytes[start..<start + 1000]))
            let some = start % 3000 == 0 ? 700 : 1100
            taken += queue.contents.prefix(some)
            queue.removeFirst(some)
        }
        taken += queue.contents
        #expect(taken == bytes)
    }
}
