/* SPDX-License-Identifier: MIT */
/*
 * Doubly linked list with a head, links inside the elements. A link that is on
 * no list points at itself.
 */
#ifndef GUEST_LIB_LIST_H
#define GUEST_LIB_LIST_H

#include "guest/lib/compiler.h"

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

/* Inserts l before pos; with pos the head, that is at the tail. */
static inline void list_insert_before(struct list *pos, struct list *l)
{
	l->next = pos;
	l->prev = pos->prev;
	pos->prev->next = l;
	pos->prev = l;
}

static inline void list_add_tail(struct list *head, struct list *l)
{
	list_insert_before(head, l);
}

static inline void list_add_head(struct list *head, struct list *l)
{
	list_insert_before(head->next, l);
}

static inline void list_remove(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

/* Moves all elements of from to the tail of head. */
static inline void list_add_all(struct list *head, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = head->prev;
	head->prev->next = from->next;
	from->prev->next = head;
	head->prev = from->prev;
	list_init(from);
}

/* Takes the first element off a list that is not empty. Its link is stale: to
 * be added somewhere, or initialised, before anything removes it. */
static inline struct list *list_take_first(struct list *head)
{
	struct list *l = head->next;

	head->next = l->next;
	l->next->prev = head;
	return l;
}

/* Whether both neighbours know it; for checks. */
static inline bool list_is_sound(const struct list *l)
{
	return l->next->prev == l && l->prev->next == l;
}

#define list_entry(l, type, member) container_of(l, type, member)

#define list_for_each(l, head) for (struct list *l = (head)->next; l != (head); l = l->next)

/* The body may remove l. */
#define list_for_each_safe(l, head)                                                                \
	for (struct list *l = (head)->next, *l##_next = l->next; l != (head);                      \
	     l = l##_next, l##_next = l->next)

#endif
