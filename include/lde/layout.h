/* SPDX-License-Identifier: MIT */
/*
 * The memory map that the VMM prepares and the guest kernel relies on.
 *
 * Data only: this header is part of the contract between vmm/ and guest/ and
 * is included by both, and by assembly. Addresses are guest addresses: to the
 * VMM they are numbers, never pointers.
 *
 * Guest-physical memory is one range, [0, memory size):
 *
 *   0x0000_0000  nothing: the page of null
 *   0x0000_1000  page tables that the VMM built (LDE_BOOT_PT_*)
 *   0x0010_0000  the kernel's ELF segments, at their p_paddr
 *   above it     the flattened device tree, then the initrd, each page aligned
 *   above those  free; never written by the VMM, hence all zeroes
 *
 * Above all memory lie the registers of the virtio devices, LDE_VIRTIO_GPA. No
 * table of the VMM's leads there: the kernel maps them if it wants them.
 *
 * Guest-virtual memory, set up in the page tables the VMM built:
 *
 *   LDE_VA_DIRECT + gpa  all of guest-physical memory, 2 MiB pages, RW, NX
 *   LDE_VA_IMAGE + gpa   the kernel's segments, 4 KiB pages, flags as linked
 *
 * Both live in the upper half. In every table below the top level the U/S bit
 * is set; in the top-level table it is clear. The effective permission is the
 * AND over all levels (SDM vol. 3, 4.6.1), so the upper half is supervisor-only
 * wherever such a top-level entry is used, and one other top-level table with
 * the bit set makes it user-accessible (guest/arch/offload.h says what for).
 */
#ifndef LDE_LAYOUT_H
#define LDE_LAYOUT_H

#define LDE_PAGE_SHIFT 12
#define LDE_PAGE_SIZE  4096

/* Not the lowest entry of the upper half, 256: one KVM keeps that for itself. */
#define LDE_VA_DIRECT 0xffff888000000000 /* top-level entry 273 */
#define LDE_VA_IMAGE  0xffffffff80000000 /* top-level entry 511 */
#define LDE_PML4_DIRECT 273
#define LDE_PML4_IMAGE  511

/* Page tables built by the VMM, one page each, guest-physical. */
#define LDE_BOOT_PT_PML4         0x1000
#define LDE_BOOT_PT_PDPT_DIRECT  0x2000
#define LDE_BOOT_PT_PD_DIRECT    0x3000 /* 3 pages, one a GiB */
#define LDE_BOOT_PT_PDPT_IMAGE   0x6000
#define LDE_BOOT_PT_PD_IMAGE     0x7000
#define LDE_BOOT_PT_PT_IMAGE     0x8000 /* 2 pages: the first 4 MiB */
#define LDE_BOOT_PT_END          0xa000

#define LDE_KERNEL_GPA     0x100000 /* lowest p_paddr of the kernel */
#define LDE_KERNEL_GPA_END 0x400000 /* no kernel byte at or above this */

/* Device n of virtio has its registers at LDE_VIRTIO_GPA + n * LDE_VIRTIO_STRIDE. */
#define LDE_VIRTIO_GPA    0xd0000000
#define LDE_VIRTIO_STRIDE 0x1000
#define LDE_VIRTIO_SIZE   0x200
#define LDE_VIRTIO_MAX    8

#define LDE_MEMORY_MIN (64ull << 20)
#define LDE_MEMORY_MAX (3ull << 30)

#endif
