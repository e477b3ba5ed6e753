/**
 * The pages for people, path by path.
 *
 * Where only the authenticated are answered there is the page that says so and nothing else: what
 * would be on the others is what they are kept from.
 */
import type { Context } from 'hono';
import type { Curves } from '../../metrics/curves.ts';
import type { Relay } from '../../relay.ts';
import { problem } from '../problem.ts';
import type { Answer } from '../request.ts';
import { showAsset } from './assets.ts';
import { showChart } from './chart-file.ts';
import { createChartLayouts } from './chart-layout.ts';
import { showMachinePage } from './machine.ts';
import { showMachines } from './machines.ts';
import { showExample, showPlay, showPlayed } from './play.ts';
import { showCode, showRefusals } from './refusals.ts';
import { statusOf } from './status.ts';
import { STYLE } from './style.ts';

/** What answers a path of the explorer. */
export function explorerPages(curves: Curves): Readonly<Record<string, Answer>> {
  const layouts = createChartLayouts();
  return {
    '/style.css': (_, context) => text(context, STYLE, 'text/css; charset=utf-8'),
    '/icon.svg': (_, context) => text(context, ICON, 'image/svg+xml'),
    '/assets/:name': showAsset,
    '/machines': unlessClosed(showMachines),
    '/machines/:id': unlessClosed((relay, context) => showMachinePage(relay, context, layouts)),
    '/api/v1/machines/:id/chart.svg': (relay, context) => showChart(relay, context, layouts),
    '/refusals': unlessClosed(showRefusals),
    '/problems/:code': showCode,
    '/status': statusOf(curves),
    '/play': unlessClosed(showPlay),
    '/play/:name': unlessClosed(showPlayed),
    '/play/:name/example': unlessClosed(showExample),
  };
}

function unlessClosed(answer: Answer): Answer {
  return (relay: Relay, context: Context) => {
    if (!relay.config.access.authRequired) return answer(relay, context);
    const detail = 'this relay answers only those who authenticate, on its websocket';
    return problem('author-not-allowed', detail);
  };
}

function text(context: Context, body: string, type: string): Response {
  return context.body(body, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=3600' });
}

/** Two states and the way between them. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M4 4v8h8" fill="none"' +
  ' stroke="#5b6875" stroke-width="2"/><circle cx="4" cy="4" r="3" fill="#1c7a3d"/>' +
  '<circle cx="12" cy="12" r="3" fill="#0b62a8"/></svg>';
