import { createHmac, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** A secret that the client made for itself and keeps; never an id that the hardware tells to everybody. */
export const DeviceId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{16,128}$/, 'must be 16 to 128 letters, digits, - or _')
  .meta({
    description: 'A random secret that the client creates and keeps. It is the only credential of a guest',
    example: 'bf6f2fd0-7a0c-4b3c-9f5e-6d2f2f7c4a11',
  });

/** The key of a device. A reader of the store cannot enter with it. */
export type DeviceKeyOf = (deviceId: string) => string;

export const createDeviceKeys =
  (key: KeyObject): DeviceKeyOf =>
  (deviceId) =>
    createHmac('sha256', key).update(deviceId).digest('base64url');
