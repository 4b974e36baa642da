/// Sends every frame that comes in on a link out of another one (tc-mirred(8)).
package struct TrafficRedirect: Equatable, Sendable {
    /// Which classifier matches all frames: kernels are built with different ones.
    package enum Classifier: String, CaseIterable, Sendable {
        case matchAll = "matchall"
        case flower
        /// With a mask of zeros.
        case u32
    }

    /// Index of the link whose frames are taken.
    package var from: UInt32
    /// Index of the link that sends them.
    package var to: UInt32

    package init(from: UInt32, to: UInt32) {
        self.from = from
        self.to = to
    }
}

/// Numbers of linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h and linux/tc_act/tc_mirred.h.
private enum Traffic {
    /// TC_H_INGRESS and the handle of its queueing discipline, `ffff:`.
    static let ingressParent: UInt32 = 0xffff_fff1
    static let ingressHandle: UInt32 = 0xffff_0000
    /// ETH_P_ALL in network order, below the priority 1.
    static let priorityAndProtocol: UInt32 = 1 << 16 | 0x0300
    static let kind: UInt16 = 1
    static let options: UInt16 = 2
    static let matchAllActions: UInt16 = 2
    static let flowerActions: UInt16 = 3
    static let u32Selector: UInt16 = 5
    static let u32Actions: UInt16 = 7
    static let actionKind: UInt16 = 1
    static let actionOptions: UInt16 = 2
    static let mirredParameters: UInt16 = 2
    /// TC_ACT_STOLEN and TCA_EGRESS_REDIR.
    static let stolen: UInt32 = 4
    static let egressRedirect: UInt32 = 1

    /// struct tcmsg.
    static func header(link: UInt32, handle: UInt32, parent: UInt32, info: UInt32) -> [UInt8] {
        [0, 0, 0, 0] + link.messageBytes + handle.messageBytes + parent.messageBytes
            + info.messageBytes
    }
}

extension NetlinkRequest {
    /// Lets filters see what comes in on a link. EEXIST where they do already.
    package static func addIngress(link: UInt32) -> NetlinkRequest {
        ingress(
            MessageType.newQueueingDiscipline, [.acknowledge, .create, .exclusive], link: link)
    }

    /// Takes that away, with the filters.
    package static func deleteIngress(link: UInt32) -> NetlinkRequest {
        ingress(MessageType.deleteQueueingDiscipline, .acknowledge, link: link)
    }

    private static func ingress(
        _ type: UInt16, _ flags: MessageFlags, link: UInt32
    ) -> NetlinkRequest {
        var request = NetlinkRequest(
            type, flags,
            Traffic.header(
                link: link, handle: Traffic.ingressHandle, parent: Traffic.ingressParent, info: 0))
        var attributes = AttributeList()
        attributes.add(Traffic.kind, "ingress")
        request.append(attributes)
        return request
    }

    /// The filter of a redirection, on a link whose incoming frames filters see. ENOENT where the kernel has no such
    /// classifier.
    package static func add(
        _ redirect: TrafficRedirect, _ classifier: TrafficRedirect.Classifier
    ) -> NetlinkRequest {
        var request = NetlinkRequest(
            MessageType.newFilter, [.acknowledge, .create, .exclusive],
            Traffic.header(
                link: redirect.from, handle: 0, parent: Traffic.ingressHandle,
                info: Traffic.priorityAndProtocol))
        var attributes = AttributeList()
        attributes.add(Traffic.kind, classifier.rawValue)
        attributes.add(Traffic.options) { options in
            switch classifier {
            case .matchAll:
                options.add(Traffic.matchAllActions) { $0.addAction(of: redirect) }
            case .flower:
                options.add(Traffic.flowerActions) { $0.addAction(of: redirect) }
            case .u32:
                options.add(Traffic.u32Selector, matchAllSelector)
                options.add(Traffic.u32Actions) { $0.addAction(of: redirect) }
            }
        }
        request.append(attributes)
        return request
    }

    /// struct tc_u32_sel with TC_U32_TERMINAL, and one key that compares no bit.
    private static var matchAllSelector: [UInt8] {
        [1, 0, 1, 0] + [UInt8](repeating: 0, count: 12 + 16)
    }
}

extension AttributeList {
    /// The first action of a filter.
    fileprivate mutating func addAction(of redirect: TrafficRedirect) {
        add(1) { action in
            action.add(Traffic.actionKind, "mirred")
            action.add(Traffic.actionOptions) { options in
                // struct tc_mirred: index, capabilities, action, two counts; what to do, where to.
                let parameters: [UInt32] = [
                    0, 0, Traffic.stolen, 0, 0, Traffic.egressRedirect, redirect.to,
                ]
                options.add(Traffic.mirredParameters, parameters.flatMap(\.messageBytes))
            }
        }
    }
}
