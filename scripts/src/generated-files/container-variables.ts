const constantCase = (service: string) => service.toUpperCase().replaceAll('-', '_');

/** Names in infra/.env for what a service shares with the broker and with the gateway. */
export const passwordVariable = (service: string) => `RABBITMQ_${constantCase(service)}_PASSWORD`;
export const signingKeyVariable = (service: string) => `${constantCase(service)}_SIGNING_KEY`;
