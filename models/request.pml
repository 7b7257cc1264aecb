// SPDX-License-Identifier: MIT
/*
 * A request of AGL's: a rule table in shared memory, and its outcome (src/bridge/request-writer.ts,
 * src/page/request-reader.ts, src/cell/page/requests.ts): the cell takes a table whole or not at all, and an outcome
 * is never taken for that of another request.
 *
 * A table has two words, and a checksum that fits if all three are of one table. The bridge is killed once, between
 * any two accesses, and another bridge sends another table. Each step is one access; see ring.pml for their order.
 * Does not: model the page's own generation count; the outcome is published in one step.
 *
 * Variants that must fail:
 *   NUMBER_UNORDERED   write: the number is visible before the payload
 *   COPY_EARLY         poll: the payload is read before the number
 *   NO_CHECKSUM        step: a payload that changed while it was copied is taken
 *   OLD_NUMBER         nextSequence: the next bridge does not look at the number of the one before
 */
byte payload[2], checksum, number;
byte finished, outcome;
/* The table that the cell has; 0: that of its start. */
byte table;
bool kill, wasKilled;

#define OK 1
#define REFUSED 2

inline send(content) {
#ifdef OLD_NUMBER
  next = 1;
#else
  next = number + 1;
#endif
  if
  :: next == finished -> next++
  :: else
  fi;
#ifdef NUMBER_UNORDERED
  number = next;
#endif
  payload[0] = content;
  payload[1] = content;
  checksum = content;
#ifndef NUMBER_UNORDERED
  number = next;
#endif
  finished == next
}

active proctype Bridge() {
  byte next;
  {
    send(1);
    /* The only writer so far: nothing can have disturbed it. */
    assert(wasKilled || (outcome == OK && table == 1));
    send(2);
    assert(wasKilled || (outcome == OK && table == 2))
  } unless {
    kill;
    kill = false
  };
  if
  :: wasKilled ->
    next = 0;
    send(3);
    /* The cell may still have read the other's request with a part of this one. It then refuses, and says so. */
    if
    :: outcome == REFUSED -> send(4); assert(outcome == OK && table == 4)
    :: else -> assert(table == 3)
    fi
  :: else
  fi
}

active proctype Killer() {
  if
  :: atomic { wasKilled = true; kill = true }
  :: true
  fi
}

active proctype Cell() {
  byte last, seen, sum, copy[2];
end:
  do
  :: number != last ->
#ifdef COPY_EARLY
    copy[0] = payload[0];
    copy[1] = payload[1];
    sum = checksum;
    seen = number;
#else
    seen = number;
    sum = checksum;
    copy[0] = payload[0];
    copy[1] = payload[1];
#endif
    last = seen;
    if
#ifdef NO_CHECKSUM
    :: true ->
#else
    :: copy[0] == sum && copy[1] == sum && sum != 0 ->
#endif
      assert(copy[0] == copy[1]);
      atomic { table = copy[0]; finished = last; outcome = OK }
#ifndef NO_CHECKSUM
    :: else -> atomic { finished = last; outcome = REFUSED }
#endif
    fi
  od
}
