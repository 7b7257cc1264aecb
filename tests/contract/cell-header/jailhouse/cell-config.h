// SPDX-License-Identifier: MIT
/*
 * Jailhouse's configuration format as C structures, written from the documented offsets.
 *
 * It shares no table with the encoder: a member at a wrong place in either shows. The assertions
 * hold the sizes and offsets measured in Jailhouse's own header. CONFIG_REVISION (13 or 14) comes
 * from the command line of the compiler.
 * Does not: define what Jailhouse's header defines beside the format.
 */
#ifndef CELL_HEADER_CELL_CONFIG_H
#define CELL_HEADER_CELL_CONFIG_H

#define PACKED __attribute__((packed))
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define OFFSET_IS(type, member, offset) \
	_Static_assert(__builtin_offsetof(type, member) == (offset), #type "." #member)
#define SIZE_IS(type, size) _Static_assert(sizeof(type) == (size), #type)

#define JAILHOUSE_CONFIG_REVISION CONFIG_REVISION
#if CONFIG_REVISION == 13
#define SIGNATURE_MEMBERS char signature[6];
#define JAILHOUSE_CELL_DESC_SIGNATURE "JHCELL"
#define JAILHOUSE_SYSTEM_SIGNATURE "JHSYST"
#else
#define SIGNATURE_MEMBERS char signature[5]; __u8 architecture;
#define JAILHOUSE_CELL_DESC_SIGNATURE "JHCLL"
#define JAILHOUSE_SYSTEM_SIGNATURE "JHSYS"
#define JAILHOUSE_X86 0
#define JAILHOUSE_ARM 1
#define JAILHOUSE_ARM64 2
#endif

#define JAILHOUSE_CELL_PASSIVE_COMMREG 0x00000001
#define JAILHOUSE_CELL_TEST_DEVICE 0x00000002
#define JAILHOUSE_CELL_AARCH32 0x00000004
#define JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED 0x40000000
#define JAILHOUSE_CELL_VIRTUAL_CONSOLE_ACTIVE 0x80000000
#define JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE 0x0001

#define JAILHOUSE_MEM_READ 0x0001
#define JAILHOUSE_MEM_WRITE 0x0002
#define JAILHOUSE_MEM_EXECUTE 0x0004
#define JAILHOUSE_MEM_DMA 0x0008
#define JAILHOUSE_MEM_IO 0x0010
#define JAILHOUSE_MEM_COMM_REGION 0x0020
#define JAILHOUSE_MEM_LOADABLE 0x0040
#define JAILHOUSE_MEM_ROOTSHARED 0x0080
#define JAILHOUSE_MEM_NO_HUGEPAGES 0x0100
#define JAILHOUSE_MEM_IO_UNALIGNED 0x8000
#define JAILHOUSE_MEM_IO_8 0x10000
#define JAILHOUSE_MEM_IO_16 0x20000
#define JAILHOUSE_MEM_IO_32 0x40000
#define JAILHOUSE_MEM_IO_64 0x80000

#define JAILHOUSE_CON_TYPE_EFIFB 1
#define JAILHOUSE_CON_TYPE_8250 2
#define JAILHOUSE_CON_TYPE_PL011 3
#define JAILHOUSE_CON_TYPE_XUARTPS 4
#define JAILHOUSE_CON_TYPE_MVEBU 5
#define JAILHOUSE_CON_TYPE_HSCIF 6
#define JAILHOUSE_CON_TYPE_SCIFA 7
#define JAILHOUSE_CON_TYPE_IMX 8
#define JAILHOUSE_CON_TYPE_IMX_LPUART 9
#define JAILHOUSE_CON_TYPE_SCIF 10
#define JAILHOUSE_CON_ACCESS_MMIO 0x0001
#define JAILHOUSE_CON_REGDIST_4 0x0002

#define JAILHOUSE_PCI_TYPE_DEVICE 1
#define JAILHOUSE_PCI_TYPE_BRIDGE 2
#define JAILHOUSE_PCI_TYPE_IVSHMEM 3
#define JAILHOUSE_IVSHMEM_BAR_MASK_INTX { 0xfffff000, 0, 0, 0, 0, 0 }
#define JAILHOUSE_SHMEM_PROTO_UNDEFINED 0x0000
#define JAILHOUSE_SHMEM_PROTO_VETH 0x0001
#define JAILHOUSE_SHMEM_PROTO_VIRTIO_FRONT 0x8000
#define JAILHOUSE_SHMEM_PROTO_VIRTIO_BACK 0xc000

struct jailhouse_console {
	__u64 address;
	__u32 size;
	__u16 type, flags;
	__u32 divider, gate_nr;
	__u64 clock_reg;
} PACKED;
SIZE_IS(struct jailhouse_console, 32);

struct jailhouse_cell_desc {
	SIGNATURE_MEMBERS
	__u16 revision;
	char name[32];
	__u32 id, flags, cpu_set_size;
	__u32 num_memory_regions, num_cache_regions, num_irqchips, num_pio_regions;
	__u32 num_pci_devices, num_pci_caps, num_stream_ids;
	__u32 vpci_irq_base;
	__u64 cpu_reset_address, msg_reply_timeout;
	struct jailhouse_console console;
} PACKED;
SIZE_IS(struct jailhouse_cell_desc, 132);
OFFSET_IS(struct jailhouse_cell_desc, num_memory_regions, 0x34);
OFFSET_IS(struct jailhouse_cell_desc, vpci_irq_base, 0x50);
OFFSET_IS(struct jailhouse_cell_desc, console, 0x64);

struct jailhouse_memory {
	__u64 phys_start, virt_start, size, flags;
} PACKED;
SIZE_IS(struct jailhouse_memory, 32);

struct jailhouse_cache {
	__u32 start, size;
	__u8 type, padding;
	__u16 flags;
} PACKED;
SIZE_IS(struct jailhouse_cache, 12);

struct jailhouse_irqchip {
	__u64 address;
	__u32 id, pin_base, pin_bitmap[4];
} PACKED;
SIZE_IS(struct jailhouse_irqchip, 32);

struct jailhouse_pio {
	__u16 base, length;
} PACKED;
SIZE_IS(struct jailhouse_pio, 4);

struct jailhouse_pci_device {
	__u8 type, iommu;
	__u16 domain, bdf;
	__u32 bar_mask[6];
	__u16 caps_start, num_caps;
	__u8 num_msi_vectors;
	__u8 msi_64bits : 1, msi_maskable : 1;
	__u16 num_msix_vectors, msix_region_size;
	__u64 msix_address;
	__u32 shmem_regions_start;
	__u8 shmem_dev_id, shmem_peers;
	__u16 shmem_protocol;
} PACKED;
SIZE_IS(struct jailhouse_pci_device, 56);
OFFSET_IS(struct jailhouse_pci_device, num_msix_vectors, 0x24);
OFFSET_IS(struct jailhouse_pci_device, shmem_protocol, 0x36);

struct jailhouse_pci_capability {
	__u16 id, start, len, flags;
} PACKED;
SIZE_IS(struct jailhouse_pci_capability, 8);

struct jailhouse_iommu {
	__u32 type;
	__u64 base;
	__u32 size;
	union {
		struct {
			__u64 tlb_base;
			__u32 tlb_size;
		} PACKED tipvu;
	};
} PACKED;
SIZE_IS(struct jailhouse_iommu, 28);

struct jailhouse_system {
	SIGNATURE_MEMBERS
	__u16 revision;
	__u32 flags;
	struct jailhouse_memory hypervisor_memory;
	struct jailhouse_console debug_console;
	struct {
		__u64 pci_mmconfig_base;
		__u8 pci_mmconfig_end_bus, pci_is_virtual;
		__u16 pci_domain;
		struct jailhouse_iommu iommu_units[8];
		union {
			struct {
				__u16 pm_timer_address;
				__u8 apic_mode, padding;
				__u32 vtd_interrupt_limit, tsc_khz, apic_khz;
			} PACKED x86;
			struct {
				__u8 maintenance_irq, gic_version, padding[2];
				__u64 gicd_base, gicc_base, gich_base, gicv_base, gicr_base;
			} PACKED arm;
		} PACKED;
	} PACKED platform_info;
	struct jailhouse_cell_desc root_cell;
} PACKED;
OFFSET_IS(struct jailhouse_system, debug_console, 0x2c);
OFFSET_IS(struct jailhouse_system, platform_info, 0x4c);
OFFSET_IS(struct jailhouse_system, platform_info.iommu_units, 0x58);
OFFSET_IS(struct jailhouse_system, platform_info.arm, 0x138);
OFFSET_IS(struct jailhouse_system, platform_info.x86.apic_khz, 0x144);
OFFSET_IS(struct jailhouse_system, root_cell, 0x164);

#endif
