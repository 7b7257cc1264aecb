// SPDX-License-Identifier: MIT
/*
 * A swap of rule tables under load (src/cell/page/requests.ts, src/cell/urgent/answers.ts): every request is answered
 * wholly by the old table or wholly by the new one, and once a request was answered by the new one, none is by the old.
 *
 * Two filters, each with a preloaded answer in a buffer of its own. The cell does one step at a time; a request of the
 * bus is served between any two. The chip sends a pending buffer when it likes. An answer by filter is what the buffer
 * holds; a request that is read is answered by the table in force, from the third buffer.
 * Does not: model the order of strength, or the waiting list.
 *
 * Variants that must fail:
 *   STAYS_ARMED      disturb: hits still count while the buffers are loaded anew
 *   SWAP_EARLY       the tables are swapped before both buffers are loaded
 *   NOT_QUIET        the buffers are loaded although a frame may be pending there
 *   ARM_EARLY        refused while staging: hits count before the old answers are restored
 */
#define OLD 1
#define NEW 2
#define REQUESTS 4

byte inForce = OLD;
byte content[2];
bool isArmed[2];
/* The table that the pending frame of each buffer is of, when it was requested; 0: none is pending. */
byte pending[2];
bool hasAnsweredNew;

/* The answer of `by` goes out now, or what is in the buffer by then. */
inline answered(by) {
  assert(by == inForce);
  assert(!(hasAnsweredNew && by == OLD));
  if :: by == NEW -> hasAnsweredNew = true :: else fi
}

/* One request of the bus for `filter`. */
inline serve(filter) {
  atomic {
    if
    :: isArmed[filter] && pending[filter] == 0 ->
      answered(content[filter]);
      pending[filter] = content[filter]
    :: else -> answered(inForce)
    fi
  }
}

inline load(filter, value) {
  content[filter] = value
}

active proctype Cell() {
  byte requests;
  content[0] = OLD;
  content[1] = OLD;
  isArmed[0] = true;
  isArmed[1] = true;
  byte step;
  bool isRefused;
  do
  :: requests < REQUESTS -> requests++; serve(0)
  :: requests < REQUESTS -> requests++; serve(1)
  :: step == 0 ->
    /* isQuiet, then disturb. */
#ifndef NOT_QUIET
    pending[0] == 0 && pending[1] == 0;
#endif
#ifndef STAYS_ARMED
    atomic { isArmed[0] = false; isArmed[1] = false };
#endif
    step = 1
  :: step == 1 -> load(0, NEW);
#ifdef SWAP_EARLY
    inForce = NEW;
#endif
    step = 2
  :: step == 2 -> load(1, NEW); step = 3
  :: step == 2 -> isRefused = true; step = 4
  :: step == 3 -> atomic { inForce = NEW; isArmed[0] = true; isArmed[1] = true; step = 7 }
  :: step == 4 ->
#ifdef ARM_EARLY
    atomic { isArmed[0] = true; isArmed[1] = true };
#endif
    step = 5
  :: step == 5 -> load(0, OLD); step = 6
  :: step == 6 -> load(1, OLD); atomic { isArmed[0] = true; isArmed[1] = true; step = 7 }
  :: step == 7 && requests == REQUESTS -> break
  od;
  assert(inForce == (isRefused -> OLD : NEW));
  assert(content[0] == inForce && content[1] == inForce)
}

active proctype Chip() {
end:
  do
  :: pending[0] != 0 -> atomic { assert(pending[0] == content[0]); pending[0] = 0 }
  :: pending[1] != 0 -> atomic { assert(pending[1] == content[1]); pending[1] = 0 }
  od
}
