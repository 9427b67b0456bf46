import { expect, it } from 'vitest';
import { UserError } from '../console/user-error.ts';
import { checkName } from './new-service.ts';

it.each([
  'notes',
  'Notes-service',
  'notes_service',
  '-service',
  'notes--service',
  '../notes-service',
  '9-service',
])('refuses the name %s', (name) => {
  expect(() => checkName(name, [])).toThrow(UserError);
});

it('refuses the name of a service that is there', () => {
  expect(() => checkName('notes-service', ['notes-service'])).toThrow(
    'There is a service notes-service already.',
  );
});

it('accepts small letters, digits and single hyphens', () => {
  expect(() => checkName('guild-2-chat-service', ['notes-service'])).not.toThrow();
});
