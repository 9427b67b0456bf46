import { FORWARDED_METHODS, forwardedPath, isInternal, type Route } from './route.ts';

/** The table in force. Looking up costs the length of the path, whatever the number of entries. */
export interface RouteTable {
  /** In the order in which entries are asked. */
  readonly routes: readonly Route[];
  /** Whether any entry asks for a host. */
  readonly usesHosts: boolean;
  match(method: string, path: string, host: string): Route | undefined;
  /** The methods that some entry would take for this path; empty: there is no such path. */
  allowedMethods(path: string, host: string): string[];
}

export class AmbiguousRoutesError extends Error {
  override readonly name = 'AmbiguousRoutesError';
}

interface RankedRoute {
  rank: number;
  route: Route;
}

interface PrefixNode {
  children: Map<string, PrefixNode>;
  ranked: RankedRoute[];
}

/** Larger priority, exact path, longer prefix, an entry with a host, one with methods, then file order. */
function compareRoutes(a: Route, b: Route): number {
  return (
    b.priority - a.priority ||
    Number(b.kind === 'path') - Number(a.kind === 'path') ||
    segmentsOf(b.path).length - segmentsOf(a.path).length ||
    Number(b.host !== undefined) - Number(a.host !== undefined) ||
    Number(b.methods !== undefined) - Number(a.methods !== undefined)
  );
}

/** The pairs of entries that no request could tell apart. */
export function ambiguousPairs(routes: readonly Route[]): [Route, Route][] {
  const seen = new Map<string, Route>();
  const pairs: [Route, Route][] = [];
  for (const route of routes) {
    const methods = route.methods ? [...route.methods].toSorted().join(',') : '*';
    const key = JSON.stringify([route.priority, route.kind, route.path, route.host ?? '*', methods]);
    const twin = seen.get(key);
    if (twin) pairs.push([twin, route]);
    else seen.set(key, route);
  }
  return pairs;
}

export function createRouteTable(entries: readonly Route[]): RouteTable {
  const [pair] = ambiguousPairs(entries);
  if (pair) throw new AmbiguousRoutesError(`"${pair[0].name}" and "${pair[1].name}" match the same requests`);

  const routes = entries.toSorted(compareRoutes);
  const exact = new Map<string, RankedRoute[]>();
  const root: PrefixNode = { children: new Map(), ranked: [] };
  let bestPrefixRank = Number.POSITIVE_INFINITY;
  for (const [rank, route] of routes.entries()) {
    if (route.kind === 'path') {
      const list = exact.get(route.path);
      if (list) list.push({ rank, route });
      else exact.set(route.path, [{ rank, route }]);
    } else {
      nodeAt(root, route.path).ranked.push({ rank, route });
      bestPrefixRank = Math.min(bestPrefixRank, rank);
    }
  }

  function match(method: string, path: string, host: string): Route | undefined {
    if (!FORWARDED_METHODS.has(method)) return undefined;
    const plain = withoutTrailingSlash(path);
    const route = bestMatch(method, plain, host)?.route;
    return route && !isInternal(forwardedPath(route, plain)) ? route : undefined;
  }

  function bestMatch(method: string, plain: string, host: string): RankedRoute | undefined {
    const list = exact.get(plain);
    let best = list && firstMatching(list, method, host);
    if (best && best.rank < bestPrefixRank) return best;
    let node: PrefixNode | undefined = root;
    let start = 1;
    while (node) {
      const found = firstMatching(node.ranked, method, host);
      if (found && (!best || found.rank < best.rank)) best = found;
      if (start >= plain.length) break;
      const slash = plain.indexOf('/', start);
      const end = slash === -1 ? plain.length : slash;
      node = node.children.get(plain.slice(start, end));
      start = end + 1;
    }
    return best;
  }

  function allowedMethods(path: string, host: string): string[] {
    return [...FORWARDED_METHODS].filter((method) => match(method, path, host) !== undefined).toSorted();
  }

  return { routes, usesHosts: routes.some(({ host }) => host !== undefined), match, allowedMethods };
}

/** `/v1/events/` names what `/v1/events` names; it is matched and forwarded without the slash. */
export function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.charCodeAt(path.length - 1) === 0x2f ? path.slice(0, -1) : path;
}

function firstMatching(ranked: RankedRoute[], method: string, host: string): RankedRoute | undefined {
  for (const candidate of ranked) {
    const { route } = candidate;
    if (route.methods !== undefined && !route.methods.has(method)) continue;
    if (route.host !== undefined && route.host !== host) continue;
    return candidate;
  }
  return undefined;
}

function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

function nodeAt(root: PrefixNode, path: string): PrefixNode {
  let node = root;
  for (const segment of segmentsOf(path)) {
    let child = node.children.get(segment);
    if (!child) {
      child = { children: new Map(), ranked: [] };
      node.children.set(segment, child);
    }
    node = child;
  }
  return node;
}
