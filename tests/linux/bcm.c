// SPDX-License-Identifier: MIT
/**
 * Plays a script to the kernel's broadcast manager, and prints what it sends and tells, with the time.
 *
 * `bcm INTERFACE < SCRIPT`, one thing a line, numbers of frames in hexadecimal and times in microseconds:
 *
 *   tx ID LENGTH DATA COUNT IVAL1 IVAL2      TX_SETUP with TX_COUNTEVT
 *   rx ID MASK FLAGS IVAL1 IVAL2             RX_SETUP; FLAGS: l RX_CHECK_DLC, i RX_FILTER_ID, - none
 *   rtr ID LENGTH DATA                       RX_SETUP with RX_RTR_FRAME
 *   send TIME ID LENGTH DATA                 a frame of another program, in the order of their times
 *   end TIME
 *
 * Output: `TIME changed|timeout|expired|sent ID#DATA`. ID is a can_id, DATA and MASK have 16 digits.
 * Source: linux/can/bcm.h.
 */
#include <linux/can.h>
#include <linux/can/bcm.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct message {
  struct bcm_msg_head head;
  struct can_frame frame;
};

static int manager;
static int raw;
static long long start;

static long long now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void fail(const char *what)
{
  perror(what);
  exit(1);
}

static struct can_frame frame_of(unsigned id, unsigned length, unsigned long long data)
{
  struct can_frame frame = {.can_id = id, .can_dlc = (unsigned char)length};
  for (int byte = 0; byte < 8; byte++)
    frame.data[byte] = (unsigned char)(data >> (56 - 8 * byte));
  return frame;
}

static void set_time(struct bcm_timeval *time, long micros)
{
  time->tv_sec = micros / 1000000;
  time->tv_usec = micros % 1000000;
}

static void setup(struct message *message, unsigned opcode, unsigned flags, long ival1, long ival2)
{
  message->head.opcode = opcode;
  message->head.flags = flags;
  set_time(&message->head.ival1, ival1);
  set_time(&message->head.ival2, ival2);
  size_t size = sizeof message->head + message->head.nframes * sizeof message->frame;
  if (write(manager, message, size) != (ssize_t)size)
    fail("setup");
}

static void print(const char *word, const struct can_frame *frame)
{
  printf("%lld %s %X#", now() - start, word, frame->can_id);
  for (int byte = 0; byte < frame->can_dlc; byte++)
    printf("%02X", frame->data[byte]);
  printf("\n");
}

/** Prints what has come, until `until`. */
static void listen_until(long long until)
{
  for (;;) {
    struct pollfd ready[2] = {{.fd = manager, .events = POLLIN}, {.fd = raw, .events = POLLIN}};
    long long rest = until - (now() - start);
    if (rest <= 0)
      return;
    if (poll(ready, 2, (int)((rest + 999) / 1000)) < 0)
      fail("poll");
    if (ready[0].revents & POLLIN) {
      struct message told = {0};
      if (read(manager, &told, sizeof told) < 0)
        fail("read of the manager");
      const char *word = told.head.opcode == RX_CHANGED   ? "changed"
                         : told.head.opcode == RX_TIMEOUT ? "timeout"
                                                          : "expired";
      if (told.head.opcode != RX_CHANGED)
        told.frame = (struct can_frame){.can_id = told.head.can_id};
      print(word, &told.frame);
    }
    if (ready[1].revents & POLLIN) {
      struct can_frame frame;
      if (read(raw, &frame, sizeof frame) < 0)
        fail("read");
      print("sent", &frame);
    }
  }
}

static void open_sockets(const char *interface)
{
  struct sockaddr_can address = {.can_family = AF_CAN,
                                  .can_ifindex = (int)if_nametoindex(interface)};
  manager = socket(PF_CAN, SOCK_DGRAM, CAN_BCM);
  raw = socket(PF_CAN, SOCK_RAW, CAN_RAW);
  if (manager < 0 || connect(manager, (struct sockaddr *)&address, sizeof address) < 0)
    fail("broadcast manager");
  if (raw < 0 || bind(raw, (struct sockaddr *)&address, sizeof address) < 0)
    fail("raw socket");
  int bytes = 1 << 20;
  setsockopt(manager, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  setsockopt(raw, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
}

int main(int count, char **words)
{
  static char output[1 << 18];
  char line[200];
  if (count != 2)
    return 2;
  setvbuf(stdout, output, _IOFBF, sizeof output);
  open_sockets(words[1]);
  start = now();
  while (fgets(line, sizeof line, stdin)) {
    const unsigned timed = SETTIMER | STARTTIMER;
    struct message message = {0};
    char flags[8] = "";
    unsigned id, length, times;
    unsigned long long data;
    long first, second;
    long long at;
    if (sscanf(line, "tx %x %u %llx %u %ld %ld", &id, &length, &data, &times, &first, &second) ==
        6) {
      message.head.can_id = id;
      message.head.nframes = 1;
      message.head.count = times;
      message.frame = frame_of(id, length, data);
      setup(&message, TX_SETUP, timed | TX_COUNTEVT, first, second);
    } else if (sscanf(line, "rx %x %llx %7s %ld %ld", &id, &data, flags, &first, &second) == 5) {
      unsigned more = strchr(flags, 'l') ? RX_CHECK_DLC : 0;
      message.head.can_id = id;
      message.head.nframes = strchr(flags, 'i') ? 0 : 1;
      message.frame = frame_of(id, 8, data);
      if (message.head.nframes == 0)
        more |= RX_FILTER_ID;
      setup(&message, RX_SETUP, timed | more | RX_ANNOUNCE_RESUME, first, second);
    } else if (sscanf(line, "rtr %x %u %llx", &id, &length, &data) == 3) {
      message.head.can_id = id | CAN_RTR_FLAG;
      message.head.nframes = 1;
      message.frame = frame_of(id, length, data);
      setup(&message, RX_SETUP, RX_RTR_FRAME, 0, 0);
    } else if (sscanf(line, "send %lld %x %u %llx", &at, &id, &length, &data) == 4) {
      struct can_frame frame = frame_of(id, length, data);
      listen_until(at);
      if (write(raw, &frame, sizeof frame) != sizeof frame)
        fail("send");
    } else if (sscanf(line, "end %lld", &at) == 1) {
      listen_until(at);
    } else {
      fprintf(stderr, "no such line: %s", line);
      return 1;
    }
  }
  return 0;
}
