// SPDX-License-Identifier: MIT
/*
 * The socket and its clients; see control-server.h.
 *
 * Source: unix(7).
 */
#define _GNU_SOURCE
#include "control-server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control-answer.h"
#include "log.h"

/* Owner and group may ask: the bridge's own user and group, and root. */
#define SOCKET_MODE 0660
#define NANOS_PER_SECOND 1000000000ull
#define ASK_WAIT_NANOS (5 * NANOS_PER_SECOND)
/* A client that reads nothing for this long is closed. */
#define SLOW_CLIENT_NANOS (10 * NANOS_PER_SECOND)

static int listener = -1;
static char socket_path[sizeof((struct sockaddr_un *)NULL)->sun_path];
static struct client clients[CLIENTS_MAXIMUM];
/* When each client last read something or had nothing to read. */
static uint64_t last_progress_nanos[CLIENTS_MAXIMUM];
static unsigned client_count;
/* The client whose answer gets its next piece. */
static unsigned turn;

/* Whether a running bridge answers at the address. If so, the socket must not be removed. */
static bool is_served(const struct sockaddr_un *address) {
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool served =
      probe >= 0 &&
      (connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
  if (probe >= 0) {
    close(probe);
  }
  return served;
}

static bool refuse(const char *path, const char *reason) {
  log_line(LOG_WARNING,
           "no socket at %s: %s. Questions about the cell are not answered. Next: "
           "--socket PATH in a folder that this user may write",
           path, reason);
  return false;
}

bool control_server_open(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct stat status;
  for (unsigned index = 0; index < CLIENTS_MAXIMUM; index++) {
    clients[index].handle = -1;
  }
  if (strlen(path) >= sizeof address.sun_path) {
    return refuse(path, "the path is too long");
  }
  memcpy(address.sun_path, path, strlen(path) + 1);
  if (lstat(path, &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return refuse(path, "something else has that name");
    }
    if (is_served(&address)) {
      return refuse(path, "another bridge serves it");
    }
    unlink(path);
  }
  int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (handle < 0 || bind(handle, (const struct sockaddr *)&address, sizeof address) != 0 ||
      chmod(path, SOCKET_MODE) != 0 || listen(handle, CLIENTS_MAXIMUM) != 0) {
    const char *reason = strerror(errno);
    if (handle >= 0) {
      close(handle);
    }
    return refuse(path, reason);
  }
  listener = handle;
  memcpy(socket_path, path, strlen(path) + 1);
  log_line(LOG_NOTICE, "questions about the cell are answered at %s", path);
  return true;
}

static void drop(struct client *client) {
  client_forget(client);
  close(client->handle);
  client->handle = -1;
  client_count -= 1;
}

static bool has_output(const struct client *client) {
  return client->answer_begin < client->answer_end;
}

int control_server_listener(void) {
  return listener;
}

unsigned control_server_sources(struct pollfd *sources) {
  sources[0] = (struct pollfd){.fd = listener, .events = POLLIN};
  if (client_count == 0) {
    return 1;
  }
  for (unsigned index = 0; index < CLIENTS_MAXIMUM; index++) {
    const struct client *client = &clients[index];
    sources[1 + index] = (struct pollfd){
        .fd = listener >= 0 ? client->handle : -1,
        .events = (short)(POLLIN | (has_output(client) ? POLLOUT : 0)),
    };
  }
  return CONTROL_SOURCES;
}

static void accept_client(uint64_t now_nanos) {
  int handle = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (handle < 0) {
    return;
  }
  for (unsigned index = 0; index < CLIENTS_MAXIMUM; index++) {
    struct client *client = &clients[index];
    if (client->handle < 0) {
      client->handle = handle;
      client_count += 1;
      client->stage = CLIENT_ASKS;
      client->question_bytes = 0;
      client->answer_begin = 0;
      client->answer_end = 0;
      client->deadline_nanos = now_nanos + ASK_WAIT_NANOS;
      last_progress_nanos[index] = now_nanos;
      return;
    }
  }
  static const struct answer_head END = {.kind = ANSWER_END, .exit_status = 1};
  static const char TEXT[] = "too many ask at once, try again\n";
  struct answer_head remark = {.kind = ANSWER_REMARK, .bytes = sizeof TEXT - 1};
  char message[2 * sizeof END + sizeof TEXT - 1];
  memcpy(message, &remark, sizeof remark);
  memcpy(message + sizeof remark, TEXT, sizeof TEXT - 1);
  memcpy(message + sizeof remark + sizeof TEXT - 1, &END, sizeof END);
  (void)!send(handle, message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
  close(handle);
}

/* Receives from a client. False: it is gone, or it sent more than one question. */
static bool receive(struct client *client) {
  uint8_t surplus;
  bool wants = client->stage == CLIENT_ASKS && client->question_bytes < sizeof client->question;
  ssize_t bytes = wants ? recv(client->handle, client->question + client->question_bytes,
                               sizeof client->question - client->question_bytes, 0)
                        : recv(client->handle, &surplus, 1, 0);
  if (bytes < 0) {
    return errno == EAGAIN || errno == EINTR;
  }
  if (bytes == 0 || !wants) {
    return false;
  }
  client->question_bytes += (uint32_t)bytes;
  return true;
}

/* Sends waiting output. False: the client is gone. */
static bool send_answer(struct client *client, uint64_t *progress_nanos, uint64_t now_nanos) {
  if (has_output(client)) {
    ssize_t bytes = send(client->handle, client->answer + client->answer_begin,
                         client->answer_end - client->answer_begin, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (bytes < 0 && errno != EAGAIN && errno != EINTR) {
      return false;
    }
    if (bytes > 0) {
      client->answer_begin += (uint32_t)bytes;
      *progress_nanos = now_nanos;
    }
  } else {
    *progress_nanos = now_nanos;
  }
  return true;
}

/* Serves one client for this round. True: its answer goes on at once. */
static bool serve_client(unsigned index, short events, bool has_turn, uint64_t now_nanos) {
  struct client *client = &clients[index];
  uint64_t *progress_nanos = &last_progress_nanos[index];
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !receive(client)) {
    drop(client);
    return false;
  }
  if (client->stage == CLIENT_ASKS) {
    if (client_has_asked(client)) {
      client_begin(client, now_nanos);
    } else if (now_nanos >= client->deadline_nanos) {
      drop(client);
      return false;
    }
  }
  bool goes_on = has_turn && !has_output(client) && client_continue(client, now_nanos);
  if (!send_answer(client, progress_nanos, now_nanos) ||
      now_nanos - *progress_nanos > SLOW_CLIENT_NANOS ||
      (client->stage == CLIENT_ENDS && !has_output(client))) {
    drop(client);
    return false;
  }
  return goes_on && !has_output(client);
}

/* Serves every client, and one of them with a piece of its answer. True: an answer goes on at once. */
static bool serve_clients(const struct pollfd *sources, uint64_t now_nanos) {
  bool goes_on = false;
  turn = (turn + 1) % CLIENTS_MAXIMUM;
  for (unsigned step = 0; step < CLIENTS_MAXIMUM && clients[turn].handle < 0; step++) {
    turn = (turn + 1) % CLIENTS_MAXIMUM;
  }
  for (unsigned index = 0; index < CLIENTS_MAXIMUM; index++) {
    if (clients[index].handle >= 0) {
      goes_on |= serve_client(index, sources[1 + index].revents, index == turn, now_nanos);
    }
  }
  return goes_on;
}

bool control_server_serve(const struct pollfd *sources, uint64_t now_nanos) {
  /* Also without a socket: the cell watches the heartbeat. */
  control_module_tend(now_nanos);
  if (listener < 0) {
    return false;
  }
  bool goes_on = false;
  if (client_count > 0) {
    goes_on = serve_clients(sources, now_nanos);
  }
  if ((sources[0].revents & POLLIN) != 0) {
    accept_client(now_nanos);
  }
  return goes_on;
}

void control_server_close(void) {
  if (listener >= 0) {
    close(listener);
    unlink(socket_path);
    listener = -1;
  }
}
