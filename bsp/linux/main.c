// SPDX-License-Identifier: MIT
/*
 * canwarden-bridge: the AGL end of the link to the canwarden cell, a process on Linux.
 *
 * Opens link and interface and runs the module until it is idle. Then sleeps until the cell rings, a frame
 * comes or a timeout ends. Repeats that until a signal.
 * Does not: know virtio or the ring; the module does (src/bridge/bridge.ts).
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "control-module.h"
#include "control-server.h"
#include "log.h"
#include "module.h"
#include "notify.h"
#include "options.h"
#include "statistics.h"
#include "wait.h"

#define EXIT_FAILED 1
#define EXIT_BAD_INPUT 2

/* Steps between two looks at signals, heartbeat and watchdog when the ring is busy: of all, since setting up a
   session takes hundreds of short ones, and of those that move frames. */
#define STEPS_PER_ROUND 512
#define MOVES_PER_ROUND 16
/* Longest sleep with interrupts. It bounds the wait for what no interrupt announces: the pause after START,
   and, without frames, the cell's answer to a request. */
#define SLEEP_WITH_INTERRUPT_NANOS 5000000L
/* Shortest interval between looks at the session and the watchdog. */
#define LOOK_NANOS 1000000u
/* Longest sleep while the interface's queue is full: no event tells that a vcan queue has room again. */
#define SLEEP_BLOCKED_NANOS 200000L

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t statistics_wanted;

static void note_stop(int number) {
  stop_signal = number;
}

static void note_statistics(int number) {
  (void)number;
  statistics_wanted = 1;
}

/* A mapped file was accessed beyond its end: another process has truncated it. */
static void end_on_bus_error(int number) {
  static const char TEXT[] = "canwarden-bridge: the shared file was cut short while in use\n";
  (void)number;
  (void)!write(STDERR_FILENO, TEXT, sizeof TEXT - 1);
  _exit(EXIT_FAILED);
}

/* Blocks the signals except while the loop sleeps, so that none is missed just before a sleep. */
static void catch_signals(sigset_t *while_sleeping) {
  static const struct {
    int number;
    void (*handler)(int);
  } CAUGHT[] = {{SIGTERM, note_stop}, {SIGINT, note_stop}, {SIGUSR1, note_statistics}};
  sigset_t blocked;
  sigemptyset(&blocked);
  for (unsigned index = 0; index < sizeof CAUGHT / sizeof CAUGHT[0]; index++) {
    struct sigaction action = {.sa_handler = CAUGHT[index].handler};
    sigaction(CAUGHT[index].number, &action, NULL);
    sigaddset(&blocked, CAUGHT[index].number);
  }
  sigaction(SIGBUS, &(struct sigaction){.sa_handler = end_on_bus_error}, NULL);
  signal(SIGPIPE, SIG_IGN);
  sigprocmask(SIG_BLOCK, &blocked, while_sleeping);
}

/* Logs when the session starts or ends. */
static void report_session(void) {
  static enum module_session last = SESSION_ABSENT;
  static uint32_t last_lost;
  enum module_session now = module_session();
  uint32_t lost = module_counter(COUNTER_LOST);
  bool was_running = last == SESSION_RUNNING;
  bool is_running = now == SESSION_RUNNING;
  if (was_running && (!is_running || lost != last_lost)) {
    uint32_t fault = module_last_fault();
    log_line(LOG_WARNING,
             "session with the cell lost (status %u%s). The bridge waits for the cell; frames of "
             "the interface wait in its socket",
             fault, fault == 0 ? ": the cell left" : "");
    notify_send("STATUS=no session with the cell");
  }
  if (is_running && (!was_running || lost != last_lost)) {
    log_line(LOG_NOTICE, "session with the cell running");
    notify_send("STATUS=session with the cell running");
  }
  last = now;
  last_lost = lost;
}

static struct pollfd sources[CONTROL_SOURCES];

/* Sleeps until something may have happened. False: the link is gone. */
static bool sleep_until_work(const struct options *options, const sigset_t *while_sleeping,
                             bool idle) {
  struct can_socket *can = module_can();
  struct link *link = module_link();
  /* Listen to it only if the module had room for a frame. Otherwise a waiting frame would keep the loop awake. */
  int interface = can->receive_wanted ? can->handle : -1;
  unsigned count = control_server_sources(sources);
  bool is_woken = link->handle >= 0 || link->control_only;
  long nanos = is_woken ? SLEEP_WITH_INTERRUPT_NANOS : (long)options->poll_micros * 1000;
  if (can->send_blocked && nanos > SLEEP_BLOCKED_NANOS) {
    nanos = SLEEP_BLOCKED_NANOS;
  }
  if (!idle && !can->send_blocked) {
    nanos = 0;
  }
  can->receive_wanted = false;
  can->send_blocked = false;
  struct wake wake = wait_for_work(nanos, while_sleeping, interface, sources, count);
  if (wake.interface) {
    can->drained = false;
  }
  return !wake.link_failed || link_is_alive(link);
}

/* Serves until a signal (true) or a failure (false). */
static bool serve(const struct options *options, const sigset_t *while_sleeping) {
  uint64_t next_look_nanos = 0;
  while (stop_signal == 0) {
    uint64_t now_nanos = module_now_nanos();
    bool idle = false;
    link_tend(module_link(), now_nanos);
    if (!module_run(STEPS_PER_ROUND, MOVES_PER_ROUND, &idle)) {
      return false;
    }
    if (module_can()->deleted) {
      log_line(LOG_FAULT,
               "interface %s was deleted. Next: ip link add, and start the bridge again "
               "(its service does)",
               options->interface);
      return false;
    }
    if (now_nanos >= next_look_nanos) {
      next_look_nanos = now_nanos + LOOK_NANOS;
      report_session();
      notify_watchdog(now_nanos);
    }
    if (statistics_wanted != 0) {
      statistics_wanted = 0;
      statistics_print(options->stats == STATS_NONE ? STATS_TEXT : options->stats);
    }
    bool answers = control_server_serve(sources, now_nanos);
    if (!sleep_until_work(options, while_sleeping, idle && !answers)) {
      return false;
    }
  }
  return true;
}

int main(int count, char **words) {
  struct options options;
  sigset_t while_sleeping;
  options_read(&options, count, words);
  log_quiet(options.quiet);
  if (options.question != NULL) {
    return ask(options.socket, options.question_words, options.question);
  }
  bool control_only = link_is_control_only(&options);
  options.control_only = control_only;
  if ((!control_only && !can_socket_open(module_can(), &options)) ||
      !link_open(module_link(), &options)) {
    return EXIT_BAD_INPUT;
  }
  catch_signals(&while_sleeping);
  if (!module_start()) {
    return EXIT_BAD_INPUT;
  }
  bool is_served = control_module_open() && control_server_open(options.socket);
  if (control_only && !is_served) {
    /* There is nothing else this process could do. */
    return EXIT_BAD_INPUT;
  }
  if (!wait_open(module_link()->handle, control_server_listener())) {
    return EXIT_FAILED;
  }
  if (control_only) {
    log_line(LOG_NOTICE, "ready: questions about the cell only");
    notify_send("READY=1\nSTATUS=questions about the cell only");
  } else {
    log_line(LOG_NOTICE, "ready: %s, %u filter%s", options.interface, options.filter_count,
             plural_of(options.filter_count));
    notify_send("READY=1\nSTATUS=waiting for the cell");
  }
  bool stopped = serve(&options, &while_sleeping);
  notify_send("STOPPING=1");
  if (stopped) {
    log_line(LOG_NOTICE, "%s: session ended", strsignal(stop_signal));
  }
  control_server_close();
  module_leave();
  if (options.stats != STATS_NONE) {
    statistics_print(options.stats);
  }
  return stopped ? 0 : EXIT_FAILED;
}
