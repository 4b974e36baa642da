import KVM
import Testing

@Suite struct KVMProbeTests {
    @Test func aMissingDeviceIsNamedAsSuch() {
        #expect(KVMProbe.run(device: "/nonexistent/kvm") == .noDevice)
    }

    @Test func aDeviceThatIsNotKVMIsUnusable() {
        guard case .unusable = KVMProbe.run(device: "/dev/null") else {
            Issue.record("/dev/null was taken for KVM")
            return
        }
    }

}
