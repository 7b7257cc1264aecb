// SPDX-License-Identifier: MIT
/*
 * Displacing a pending frame for a stronger one (src/driver/mcp2515/transmit-buffers.ts, take-back.ts,
 * transmit-order.ts): each frame is sent once, and the two of one identifier keep their order.
 *
 * Two frames are pending, `before` in buffer 1 and `behind` in buffer 0. The cell takes `behind` back, and requests it
 * again when it is known to be off the wire. The chip chooses the buffer of the higher number when the bus becomes
 * free; another node may win, or destroy a frame, which is then tried again. Clearing TXREQ of a frame on the wire does
 * not stop it (DS20001801J, section 3.6, note 1); whether TXREQ then reads as clear is not said, so both happen. TXnIF is
 * left over from an earlier frame. It is cleared before TXREQ, or, where nothing breaks the transactions off, behind the
 * second READ STATUS, and only if the frame before has ended.
 * Does not: model TXP, one-shot mode, the third buffer, or INT.
 *
 * Variants that must fail:
 *   STALE_STATUS      clears TXnIF long after READ STATUS
 *   FLAG_KEPT         TXnIF is not cleared
 *   LATE_TOO_LATE     clears TXnIF behind the second READ STATUS when the frame may have been sent
 *   NOT_BEHIND        takes back at once a frame that no other goes before
 *   NO_SECOND_LOOK    believes that it was not on the wire without a look at the frame before it
 *   NO_WAIT           believes TXREQ alone, without waiting for the longest frame
 *   FLAG_IGNORED      after the wait, does not look whether it was sent after all
 */
#define BEHIND 0
#define BEFORE 1
#define NOBODY 2
#define ERRORS 1

bool requested[2], flag[2] = true;
byte onWire = NOBODY;
/* Frames that other nodes and the tests of this model have seen on the bus. */
byte sent[2];
byte errors;
/* READ STATUS is younger than the shortest frame (take-back.ts, FRESH_SHARE): none has begun and ended since. */
bool isFresh;

active proctype Chip() {
end:
  do
  :: onWire == NOBODY && requested[BEFORE] -> onWire = BEFORE
  :: atomic { onWire == NOBODY && !requested[BEFORE] && requested[BEHIND] -> onWire = BEHIND }
  :: onWire != NOBODY ->
    if
    :: atomic {
        !(isFresh && onWire == BEHIND);
        sent[onWire]++;
        flag[onWire] = true;
        requested[onWire] = false;
        onWire = NOBODY
      }
    :: errors < ERRORS -> atomic { errors++; onWire = NOBODY }
    fi
  od
}

active proctype Cell() {
  bool isBehindOn, isBeforeOn, isSent, isLate;

  requested[BEFORE] = true;
#ifdef NOT_BEHIND
  /* The frame before has ended meanwhile. */
  !requested[BEFORE];
#endif
  requested[BEHIND] = true;

  /* READ STATUS: is it pending behind the other? */
  atomic {
    isBehindOn = requested[BEHIND];
    isBeforeOn = requested[BEFORE];
#ifndef STALE_STATUS
    isFresh = isBehindOn && isBeforeOn
#endif
  };
#ifdef NOT_BEHIND
  isBeforeOn = true;
#endif
  if
  :: !isBehindOn || !isBeforeOn -> goto wait
  :: else
  fi;
  if
  :: isLate = true
  :: atomic {
#ifndef FLAG_KEPT
      flag[BEHIND] = false;
#endif
      isFresh = false
    }
  fi;
#ifdef LATE_TOO_LATE
  isFresh = false;
#endif
  /* BIT MODIFY: clear TXREQ. A frame on the wire goes on. */
  if
  :: requested[BEHIND] = false
  :: atomic { onWire == BEHIND -> skip }
  fi;
  /* READ STATUS: the frame before it is still pending, so no arbitration was this one's. */
  atomic { isBehindOn = requested[BEHIND]; isBeforeOn = requested[BEFORE]; isSent = flag[BEHIND] };
#ifdef NO_SECOND_LOOK
  isBeforeOn = true;
#endif
#ifdef NOT_BEHIND
  isBeforeOn = true;
#endif
  if
  :: isBeforeOn && !isBehindOn -> goto again
  :: else
  fi;
  if
  :: isLate ->
#ifndef FLAG_KEPT
    flag[BEHIND] = false;
#endif
    isFresh = false
  :: else
  fi;
  /* Its end is found as for an abort: TXnIF, or the time of the longest frame. */
#ifndef NO_WAIT
  onWire != BEHIND && !requested[BEHIND];
#endif
  isSent = flag[BEHIND];
#ifdef FLAG_IGNORED
  isSent = false;
#endif
  if
  :: isSent -> goto wait
  :: else
  fi;
again:
  isFresh = false;
  flag[BEHIND] = false;
  requested[BEHIND] = true;
wait:
  !requested[BEHIND] && !requested[BEFORE] && onWire == NOBODY;
  assert(sent[BEHIND] == 1 && sent[BEFORE] == 1)
}
