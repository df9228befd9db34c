import Testing
import YAMLDocument

@testable import TransferAgent

@Suite("Plan of a migration")
struct MigrationPlanTests {
    private static let plan = """
        apiVersion: migration.openshift.io/v1alpha1
        kind: MigPlan
        metadata: {name: shop, namespace: openshift-migration}
        spec:
          namespaces: ["shop:shop-new", other]
          persistentVolumes:
            - name: pv-1
              pvc: {name: "orders:orders-new", namespace: shop, volumeMode: Filesystem}
              selection: {action: copy, copyMethod: filesystem, verify: true}
            - name: pv-2
              pvc: {name: pictures, namespace: shop}
              selection: {action: copy}
            - name: pv-3
              pvc: {name: moved, namespace: shop}
              selection: {action: move}
            - name: pv-4
              pvc: {name: snapped, namespace: shop}
              selection: {action: copy, copyMethod: snapshot}
            - name: pv-5
              pvc: {name: disk, namespace: shop, volumeMode: Block}
              selection: {action: copy, copyMethod: filesystem}
            - name: pv-6
              pvc: {name: elsewhere, namespace: other}
              selection: {action: copy, copyMethod: filesystem}
        """

    private func layer(_ text: String, _ namespace: String) throws -> JobLayer {
        try MigrationPlan(document: try YAMLNode(parsing: Array(text.utf8)), path: "plan.yaml", namespace: namespace)
            .layer
    }

    @Test("claims of the namespace become volumes with the paths and names of today's pods")
    func volumes() throws {
        let plan = try layer(Self.plan, "shop")
        #expect(plan.volumes.map(\.name) == ["orders", "pictures"])
        #expect(plan.notes.count == 3)
        let job = try Job(layers: [
            plan, try jobLayer("target: t:1\ninsecure: true\nvolumes: [{name: pictures, delete: false}]\n"),
        ])
        // echo -n NAME | md5sum
        #expect(
            job.settings.volumes == [
                "orders:8ebf6c35f3166edde4a7176545a6b4c9=/mnt/shop/12c500ed0b7879105fb46af0f246be87",
                "pictures:9ed98e5c3e9685aa3de82c99009a2ed3=/mnt/shop/9ed98e5c3e9685aa3de82c99009a2ed3",
            ]
        )
        #expect(job.volumes.map(\.pass.checksum) == [true, false])
        #expect(job.volumes.map(\.pass.delete) == [true, false])
        #expect(job.volumes[0].settings.first { $0.name == "path" }?.source == .file("plan.yaml", line: 8))
        #expect(job.volumes[0].settings.first { $0.name == "checksum" }?.source == .file("plan.yaml", line: 9))
    }

    @Test("other namespaces, plans without claims and malformed names are refused with the line")
    func refused() throws {
        #expect(try layer(Self.plan, "other").volumes.map(\.name) == ["elsewhere"])
        let error = #expect(throws: AgentError.self) { try layer(Self.plan, "shop-new") }
        #expect(error?.observed == "plan.yaml:5: the plan does not have the namespace shop-new")
        #expect(throws: AgentError.self) { try layer("kind: MigrationController\n", "shop") }
        #expect(throws: AgentError.self) { try layer("kind: MigPlan\nspec: {namespaces: [a]}\n", "a") }
        let name = Self.plan.replacing("orders:orders-new", with: "orders::x")
        #expect(
            #expect(throws: AgentError.self) { try layer(name, "shop") }?.observed.hasPrefix("plan.yaml:8: ") == true
        )
        let twice = Self.plan.replacing("name: pictures", with: "name: orders")
        #expect(throws: AgentError.self) { try layer(twice, "shop") }
    }
}
