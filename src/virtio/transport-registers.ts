// SPDX-License-Identifier: MIT
/**
 * The virtio-over-ivshmem header at the start of the R/W section, and the bits of its registers.
 *
 * Source: the Linux driver `virtio_ivshmem` (header revision 1) and virtio 1.x, "Device Status Field" and
 * "Reserved Feature Bits". Little-endian.
 *
 * A *register write* by the driver: wait until WRITE_TRANSACTION is 0, store the value, store the
 * register's offset in WRITE_TRANSACTION, notify. The device acts and stores 0 there. Register
 * reads are plain loads.
 */

// Header, in the order of its offsets. The number behind each name is its width in bits.
export const REVISION: u32 = 0x00; // 32
export const HEADER_SIZE: u32 = 0x04; // 32
export const WRITE_TRANSACTION: u32 = 0x08; // 32
export const DEVICE_FEATURES: u32 = 0x0c; // 32
export const DEVICE_FEATURES_SELECT: u32 = 0x10; // 32
export const DRIVER_FEATURES: u32 = 0x14; // 32
export const DRIVER_FEATURES_SELECT: u32 = 0x18; // 32
export const QUEUE_SELECT: u32 = 0x1c; // 32
export const QUEUE_SIZE: u32 = 0x20; // 16
export const QUEUE_DEVICE_VECTOR: u32 = 0x22; // 16, of the driver's doorbell
export const QUEUE_DRIVER_VECTOR: u32 = 0x24; // 16, of the device's doorbell
export const QUEUE_ENABLE: u32 = 0x26; // 16
export const QUEUE_DESCRIPTORS: u32 = 0x28; // 64
export const QUEUE_AVAILABLE: u32 = 0x30; // 64, "driver area"
export const QUEUE_USED: u32 = 0x38; // 64, "device area"
export const CONFIG_EVENT: u32 = 0x40; // 8, set by the device, cleared by the driver
export const QUEUE_EVENT: u32 = 0x41; // 8, set by the device, cleared by the driver
export const DEVICE_STATUS: u32 = 0x44; // 32
export const CONFIG_GENERATION: u32 = 0x48; // 32, odd while the device changes the configuration
export const CONFIG: u32 = 0x4c; // device specific

/** The header revision of this project. The driver also takes newer ones, as Linux does. */
export const REVISION_1: u32 = 1;
/** The only usable vector: with one interrupt (INTx) the hypervisor drops all others. */
export const VECTOR_0: u32 = 0;

/** Header bytes of a CAN device: 32 bits of configuration. */
export const CAN_HEADER_BYTES: u32 = 0x50;
/** The driver's queues lie behind this many bytes. A device with a larger header is unknown. */
export const HEADER_BYTES_MAXIMUM: u32 = 0x100;

// Device status.
export const STATUS_RESET: u32 = 0;
export const STATUS_ACKNOWLEDGE: u32 = 0x01;
export const STATUS_DRIVER: u32 = 0x02;
export const STATUS_DRIVER_OK: u32 = 0x04;
export const STATUS_FEATURES_OK: u32 = 0x08;
export const STATUS_NEEDS_RESET: u32 = 0x40;

// Feature bits 0..31: of the device type (virtio-can).
export const FEATURE_CAN_CLASSIC: u32 = 1 << 0;
export const FEATURE_CAN_RTR_FRAMES: u32 = 1 << 2;
export const FEATURE_CAN_LATE_TX_ACK: u32 = 1 << 3;
/**
 * An extension of this project: error frames (MESSAGE_FLAG_ERROR) may be sent. It is the highest bit of the
 * device type, far from those in use. A peer that does not know it neither offers nor accepts it, and never
 * sees such a message.
 */
export const FEATURE_CAN_ERROR_MESSAGES: u32 = 1 << 23;

// Feature bits 32..63, as bits of the high word.
export const FEATURE_HIGH_VERSION_1: u32 = 1 << 0;
export const FEATURE_HIGH_ACCESS_PLATFORM: u32 = 1 << 1;
export const FEATURE_HIGH_ORDER_PLATFORM: u32 = 1 << 4;

/** The features that both ends of this project offer and accept. */
export const FEATURES_LOW: u32 =
  FEATURE_CAN_CLASSIC |
  FEATURE_CAN_RTR_FRAMES |
  FEATURE_CAN_LATE_TX_ACK |
  FEATURE_CAN_ERROR_MESSAGES;
export const FEATURES_HIGH: u32 =
  FEATURE_HIGH_VERSION_1 | FEATURE_HIGH_ACCESS_PLATFORM | FEATURE_HIGH_ORDER_PLATFORM;
/** Required by both ends: without these, ring addresses would not be section offsets. */
export const FEATURES_LOW_REQUIRED: u32 = FEATURE_CAN_CLASSIC;
export const FEATURES_HIGH_REQUIRED: u32 = FEATURE_HIGH_VERSION_1 | FEATURE_HIGH_ACCESS_PLATFORM;

// The queues of virtio-can.
export const QUEUE_TRANSMIT: u32 = 0;
export const QUEUE_RECEIVE: u32 = 1;
export const QUEUE_CONTROL: u32 = 2;
export const QUEUE_COUNT: u32 = 3;
