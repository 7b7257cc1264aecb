// SPDX-License-Identifier: MIT
/*
 * The split virtqueue between two ends that may both sleep (src/virtio/virtqueue-driver.ts, virtqueue-device.ts,
 * reminder.ts): nothing is lost, doubled, torn or out of order, and no end sleeps while it has work.
 *
 * Two buffers and four messages, so that each slot of the rings and each buffer is used again. RECEIVE: the
 * device fills the buffers that the driver offers; otherwise the driver fills them.
 *
 * Each step is one access. An Armv8 core may make two accesses to different places in the other order, unless a
 * barrier or a dependency is between them. Without a barrier, this model makes them in the order that hurts.
 * Does not: model the content of descriptors (it is fixed at set-up), or a peer that breaks the protocol.
 *
 * Variants that must fail, each one line of the code left out:
 *   OFFER_UNORDERED         offer: the index is visible before the chain and the entry
 *   OFFER_READS_LATE        offer: the buffer returned before is read after it is offered again (RECEIVE)
 *   KICK_LOOK_EARLY         kickWanted: the flag is read before the index is visible
 *   REQUEST_LOOK_EARLY      requestInterrupts: the last look is made before the flag is visible
 *   TAKE_USED_EARLY         takeUsed: the element is read before the index
 *   TAKE_EARLY              take: the entry is read before the index
 *   USED_UNORDERED          putUsed: the index is visible before the element and the buffer
 *   USED_READS_LATE         putUsed: the buffer is read after it is returned (not RECEIVE)
 *   INTERRUPT_LOOK_EARLY    interruptWanted: the flag is read before the index is visible
 *   ALLOW_LOOK_EARLY        allowKicks: the last look is made before the flag is visible
 *   NO_LAST_LOOK            the device sleeps without a look after it has allowed kicks
 */
#define SLOTS 2
#define MESSAGES 4
#define SLOT(index) ((index) % SLOTS)

byte buffer[SLOTS];
byte availableEntry[SLOTS];
byte availableIndex;
byte usedEntry[SLOTS];
byte usedIndex;
bool noKick = true;
bool noInterrupt = true;
bool kicked, interrupted;
/* The message that the reading side expects next. */
byte expected = 1;

inline check(value) {
  assert(value == expected);
  expected++
}

inline offer(head, message) {
  availablePrivate++;
#ifdef OFFER_UNORDERED
  availableIndex = availablePrivate;
  availableEntry[SLOT(availablePrivate - 1)] = head;
#else
  availableEntry[SLOT(availablePrivate - 1)] = head;
  availableIndex = availablePrivate;
#endif
}

/* Rings if the device wants it. `early`: the flag as it was before the offer. */
inline ring(early) {
#ifdef KICK_LOOK_EARLY
  if :: !early -> kicked = true :: else fi
#else
  if :: !noKick -> kicked = true :: else fi
#endif
}

active proctype Driver() {
  byte availablePrivate, usedPrivate, filled, head, index, free = SLOTS, i;
  bool early, isFree[SLOTS];
  isFree[0] = true;
  isFree[1] = true;

  do
  :: usedPrivate == MESSAGES -> break
  :: else ->
    /* takeUsed */
#ifdef TAKE_USED_EARLY
    head = usedEntry[SLOT(usedPrivate)];
    index = usedIndex;
#else
    index = usedIndex;
    head = usedEntry[SLOT(usedPrivate)];
#endif
    if
    :: index != usedPrivate ->
      assert(!isFree[head]);
      usedPrivate++;
      isFree[head] = true;
      free++;
#if defined(RECEIVE) && !defined(OFFER_READS_LATE)
      check(buffer[head]);
#endif
#if defined(RECEIVE) && defined(OFFER_READS_LATE)
      if
      :: filled < MESSAGES ->
        filled++;
        isFree[head] = false;
        free--;
        early = noKick;
        offer(head, 0);
        ring(early);
        check(buffer[head])
      :: else -> check(buffer[head])
      fi
#endif
    :: else
    fi;
    if
    :: filled < MESSAGES && free > 0 ->
      i = (isFree[0] -> 0 : 1);
      filled++;
      isFree[i] = false;
      free--;
      early = noKick;
#ifdef RECEIVE
      offer(i, 0);
#else
#ifdef OFFER_UNORDERED
      offer(i, filled);
      buffer[i] = filled;
#else
      buffer[i] = filled;
      offer(i, filled);
#endif
#endif
      ring(early)
    :: (filled == MESSAGES || free == 0) && usedPrivate < MESSAGES ->
      /* requestInterrupts, one more look, sleep */
#ifdef REQUEST_LOOK_EARLY
      index = usedIndex;
      noInterrupt = false;
#else
      noInterrupt = false;
      index = usedIndex;
#endif
      if
      :: index == usedPrivate -> interrupted; interrupted = false
      :: else
      fi;
      noInterrupt = true
    :: else
    fi
  od
}

active proctype Device() {
  byte availablePrivate, usedPrivate, head, index, filled;
  bool early;

  do
  :: usedPrivate == MESSAGES -> break
  :: else ->
    /* take */
#ifdef TAKE_EARLY
    head = availableEntry[SLOT(availablePrivate)];
    index = availableIndex;
#else
    index = availableIndex;
    head = availableEntry[SLOT(availablePrivate)];
#endif
    if
    :: index != availablePrivate ->
      availablePrivate++;
#ifdef RECEIVE
      filled++;
#ifndef USED_UNORDERED
      buffer[head] = filled;
#endif
#else
#ifndef USED_READS_LATE
      check(buffer[head]);
#endif
#endif
      /* putUsed */
      early = noInterrupt;
      usedPrivate++;
#ifdef USED_UNORDERED
      usedIndex = usedPrivate;
      usedEntry[SLOT(usedPrivate - 1)] = head;
#ifdef RECEIVE
      buffer[head] = filled;
#endif
#else
      usedEntry[SLOT(usedPrivate - 1)] = head;
      usedIndex = usedPrivate;
#endif
#if defined(USED_READS_LATE) && !defined(RECEIVE)
      check(buffer[head]);
#endif
#ifdef INTERRUPT_LOOK_EARLY
      if :: !early -> interrupted = true :: else fi
#else
      if :: !noInterrupt -> interrupted = true :: else fi
#endif
    :: else ->
      /* allowKicks, one more look, sleep */
#ifdef ALLOW_LOOK_EARLY
      index = availableIndex;
      noKick = false;
#else
      noKick = false;
      index = availableIndex;
#endif
      if
#ifdef NO_LAST_LOOK
      :: true -> kicked; kicked = false
#else
      :: index == availablePrivate -> kicked; kicked = false
      :: else
#endif
      fi;
      noKick = true
    fi
  od
}
