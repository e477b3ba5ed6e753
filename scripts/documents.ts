/** The files derived from the code: their paths in the repository, and what makes their text. */

import { configurationPage, exampleFile, schemaFile } from './configuration-docs.ts';
import { conformancePage } from './conformance-docs.ts';
import { httpApiPage } from './http-api-docs.ts';
import { limitsPage } from './limits-docs.ts';
import { dashboardFile, metricsPage } from './metrics-docs.ts';
import { writingMachinesPage } from './operator-docs.ts';
import { refusalsPage } from './refusal-docs.ts';

export const DOCUMENTS: Readonly<Record<string, () => string>> = {
  'config.example.json': exampleFile,
  'docs/conformance.md': conformancePage,
  'docs/configuration.md': configurationPage,
  'docs/config.schema.json': schemaFile,
  'docs/http-api.md': httpApiPage,
  'docs/metrics.md': metricsPage,
  'deploy/grafana/headkeeper.json': dashboardFile,
  'docs/limits.md': limitsPage,
  'docs/refusals.md': refusalsPage,
  'docs/writing-machines.md': writingMachinesPage,
};
