import { DomainError } from 'service-kit/http';

export interface InvalidField {
  /** Of the field in the body. */
  path: string;
  message: string;
}

/** The refusal of a body whose fields are valid one by one and not together, or not with what is stored. */
export function invalidFields(errors: readonly InvalidField[]): DomainError {
  return new DomainError('invalid_request', 'The request has invalid values; see errors', {
    members: { errors },
  });
}
