// SPDX-License-Identifier: MIT
/*
 * Register writes and the states of both ends (src/virtio/transport-driver.ts, transport-device.ts): what the
 * device acts on is what the driver has written, and after deaths of either end both end up operating together.
 *
 * The negotiation has five writes: reset, select a word of the offer, accept, features OK, driver OK. What is
 * accepted is the number of the negotiation, so a value from another one shows. The killer ends an end between any
 * two accesses, twice at most. An end that was killed leaves its state READY, or the hypervisor makes it
 * RESET; one that starts announces RESET first. A driver that withdraws waits until the device has noticed. Once for each death that pause, and the wait for an
 * acknowledgement, may end too early.
 * Each step is one access; see ring.pml for the order of accesses.
 * Does not: model queues, or the invalidation of caches when a cell is started (restoreHeader).
 *
 * Variants that must fail:
 *   VALUE_UNORDERED     write: the announcement is visible before the value
 *   DECODE_EARLY        device: the value is read before the announcement
 *   EFFECT_UNORDERED    device: the acknowledgement is visible before the effect
 *   RESULT_EARLY        driver: the effect is read before the acknowledgement
 *   NO_FIRST_WAIT       driver: does not wait for a write from before its restart
 *   NO_LOOK_AT_PEER     driver: does not look at the device's state while it operates
 *   LAYOUT_AT_ONCE      device: lays the header out without waiting until the driver has left
 */
#define NONE 0
#define STATUS 1
#define SELECT 2
#define ACCEPT 3

#define FEATURES_OK 1
#define DRIVER_OK 2
#define NEEDS_RESET 4

#ifndef DEATHS
#define DEATHS 2
#endif

/* The header, and the entries of the state table: READY or not. */
byte transaction, statusRegister, selectRegister, offeredRegister, acceptRegister;
bool driverReady, deviceReady;

/* What each end knows by itself. */
byte session, accepted, deviceStatus;
bool driverOperates;
/* The device has laid its header out, and has seen no driver since. */
bool isAwaiting;
bool killDriver, killDevice;
byte deaths, timeouts, pauses;

/* Announces a write of `value` to register `number`, then waits for its end. */
inline write(number, place, value) {
#ifdef VALUE_UNORDERED
  transaction = number;
  place = value;
#else
  place = value;
  transaction = number;
#endif
  acknowledge()
}

/* Waits while a write is under way. A device that is not READY, or too slow, is left. */
inline acknowledge() {
  if
  :: transaction == NONE
  :: !deviceReady -> goto withdrawn
  :: transaction != NONE && timeouts < deaths -> timeouts++; goto withdrawn
  fi
}

active proctype Driver() {
  byte offered;
start:
  {
    driverReady = false;
    goto awaiting;
withdrawn:
    driverOperates = false;
    driverReady = false;
    if
    :: !deviceReady
    :: deviceReady && isAwaiting
    :: deviceReady && pauses < deaths -> pauses++
    fi;
awaiting:
    deviceReady;
    driverReady = true;
#ifndef NO_FIRST_WAIT
    acknowledge();
#endif
    session++;
    write(STATUS, statusRegister, 0);
    write(SELECT, selectRegister, 1);
#ifndef RESULT_EARLY
    offered = offeredRegister;
    assert(deaths > 0 || offered == 2);
    write(SELECT, selectRegister, 0);
    offered = offeredRegister;
    assert(deaths > 0 || offered == 1);
#else
    selectRegister = 0;
    transaction = SELECT;
    offered = offeredRegister;
    acknowledge();
    assert(deaths > 0 || offered == 1);
#endif
    write(ACCEPT, acceptRegister, session);
    write(STATUS, statusRegister, FEATURES_OK);
    if
    :: (statusRegister & FEATURES_OK) == 0 -> goto withdrawn
    :: else
    fi;
    write(STATUS, statusRegister, FEATURES_OK | DRIVER_OK);
    driverOperates = true;
#ifdef NO_LOOK_AT_PEER
    false;
#else
    !deviceReady || (statusRegister & DRIVER_OK) == 0 || (statusRegister & NEEDS_RESET) != 0;
#endif
    goto withdrawn
  } unless {
    killDriver;
    atomic {
      killDriver = false;
      driverOperates = false;
      offered = 0;
      if :: driverReady = false :: true fi;
    }
    goto start
  }
}

/* The device takes in the write of `which`. */
inline decode(which, value) {
  if
  :: which == SELECT -> offeredRegister = value + 1
  :: which == ACCEPT ->
    /* It is what the driver wrote, in this negotiation or, if it died meanwhile, in the one before. */
    assert(value == session || (deaths > 0 && value + 1 == session));
    accepted = value
  :: which == STATUS && value == 0 -> accepted = 0; deviceStatus = 0
  :: which == STATUS && value != 0 ->
    if
    :: accepted == 0 -> deviceStatus = value & ~FEATURES_OK; statusRegister = deviceStatus
    :: else -> deviceStatus = value
    fi
  :: else
  fi
}

inline readValue() {
  if
  :: which == SELECT -> value = selectRegister
  :: which == ACCEPT -> value = acceptRegister
  :: which == STATUS -> value = statusRegister
  :: else
  fi
}

active proctype Device() {
  byte which, value, early[4];
start:
  {
    skip;
startOver:
    deviceReady = false;
    accepted = 0;
    deviceStatus = 0;
#ifndef LAYOUT_AT_ONCE
    /* A driver that is still READY has not noticed. */
    if
    :: driverReady -> statusRegister = statusRegister | NEEDS_RESET
    :: !driverReady
    fi;
    !driverReady;
#endif
    atomic {
      transaction = NONE;
      statusRegister = 0;
      selectRegister = 0;
      offeredRegister = 1;
      acceptRegister = 0
    }
    deviceReady = true;
    isAwaiting = true;
    do
    :: atomic { driverReady -> isAwaiting = false }; break
    :: !driverReady ->
      transaction != NONE || driverReady;
      if
      :: driverReady
      :: !driverReady && transaction != NONE -> transaction = NONE
      fi
    od;
    do
    :: !driverReady -> goto startOver
    :: driverReady ->
#ifdef DECODE_EARLY
      early[STATUS] = statusRegister;
      early[SELECT] = selectRegister;
      early[ACCEPT] = acceptRegister;
      which = transaction;
      if
      :: which == NONE -> transaction != NONE || !driverReady
      :: else -> value = early[which]; decode(which, value); transaction = NONE
      fi
#else
      which = transaction;
      if
      :: which == NONE -> transaction != NONE || !driverReady
      :: else ->
        readValue();
#ifdef EFFECT_UNORDERED
        transaction = NONE;
        decode(which, value)
#else
        decode(which, value);
        transaction = NONE
#endif
      fi
#endif
    od
  } unless {
    killDevice;
    atomic {
      killDevice = false;
      which = 0;
      isAwaiting = false;
      value = 0;
      if :: deviceReady = false :: true fi;
    }
    goto start
  }
}

active proctype Killer() {
  do
  :: deaths < DEATHS -> atomic { !killDriver && !killDevice; deaths++; killDriver = true }
  :: deaths < DEATHS -> atomic { !killDriver && !killDevice; deaths++; killDevice = true }
  :: break
  od;
  /* Nothing else can happen: both operate, by the same negotiation. */
  timeout;
  assert(driverOperates && driverReady && deviceReady);
  assert((deviceStatus & DRIVER_OK) != 0 && (deviceStatus & FEATURES_OK) != 0);
  assert(accepted == session);
end:
  false
}
