import type { Service } from '../repository/service-manifest.ts';

/** The first line of a workflow that was made from a `service.json`. */
export const WORKFLOW_MARK = '# Made by ./scripts/generate';

const REDIS = `      redis:
        image: redis:8.6.5-alpine
        ports: ['6379:6379']
        options: --health-cmd "redis-cli ping" --health-interval 2s --health-retries 30
`;

const STORES = `      MONGODB_URL: mongodb://127.0.0.1:27017/?replicaSet=rs0
      REDIS_URL: redis://127.0.0.1:6379
`;

const START_MONGODB = `      # A service container takes no arguments, and transactions need a replica set.
      - name: Start MongoDB
        timeout-minutes: 3
        run: |
          docker run --detach --name mongodb --publish 127.0.0.1:27017:27017 mongo:8.0.26 --replSet rs0 --bind_ip_all
          until docker exec mongodb mongosh --quiet --eval "
            db.hello().setName || rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: '127.0.0.1:27017' }] });
            quit(db.hello().isWritablePrimary ? 0 : 1)"; do sleep 1; done

`;

const ROUTING_TABLE = `      - name: Routing table
        run: npm run check-routes
`;

/** The workflow of one service: its checks and tests, and its image. */
export function serviceWorkflow({ name, database, gateway: isGateway }: Service): string {
  return `${WORKFLOW_MARK} from ${name}/service.json.
name: ${name}

on:
  push:
    branches: [main]
    paths:
      - ${name}/**
      - .github/workflows/${name}.yml
  pull_request:
    paths:
      - ${name}/**
      - .github/workflows/${name}.yml

permissions:
  contents: read

concurrency:
  group: $\{{ github.workflow }}-$\{{ github.ref }}
  cancel-in-progress: $\{{ github.event_name == 'pull_request' }}

defaults:
  run:
    working-directory: ${name}

jobs:
  test:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    services:
${database ? REDIS : ''}      rabbitmq:
        image: rabbitmq:4.2.9-management
        ports: ['5672:5672']
        options: --health-cmd "rabbitmq-diagnostics --quiet check_port_connectivity" --health-interval 5s --health-timeout 15s --health-retries 24
    env:
${database ? STORES : ''}      RABBITMQ_URL: amqp://guest:guest@127.0.0.1:5672
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - uses: actions/setup-node@53b83947a5a98c8d113130e565377fae1a50d02f # v6.3.0
        with:
          node-version-file: ${name}/.nvmrc
          cache: npm
          cache-dependency-path: ${name}/package-lock.json

${database ? START_MONGODB : ''}      - name: Install
        run: npm ci
      - name: Type check
        run: npx tsc
      - name: Lint
        run: |
          npx oxlint
          npx oxfmt --check
${isGateway ? ROUTING_TABLE : ''}      - name: Unit tests
        run: npm run test:unit
      - name: Integration tests
        run: npm run test:integration

  image:
    needs: test
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false

      - name: Build the image
        run: docker build --tag "${name}:$GITHUB_SHA" .
      - name: The image starts, and names what it is not given
        run: |
          code=0
          docker run --rm "${name}:$GITHUB_SHA" || code=$?
          test "$code" -eq 78
`;
}
