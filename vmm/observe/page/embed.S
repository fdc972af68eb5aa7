/* SPDX-License-Identifier: MIT */
/* The parts of the page, as text that ends with NUL. */

	.section .rodata

	.macro part name, file
	.globl page_\name
page_\name:
	.incbin "vmm/observe/page/\file"
	.byte 0
	.endm

	part head, "head.html"
	part style, "style.css"
	part body, "body.html"
	part data, "data.js"
	part lanes, "lanes.js"
	part view, "view.js"
	part tables, "tables.js"

	.section .note.GNU-stack, "", @progbits
