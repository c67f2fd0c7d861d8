/**
 * Holds the shapes that pages write themselves to the API's document: each line says that what the API answers may be read as that
 * shape. Nothing imports this file and nothing is left of it in a build; the type check refuses it where the API went another way.
 */
import type { ContactShown, ExternalLink, Row } from '../../staff/shapes';
import type { FieldJob } from '../../staff/field/shapes';
import type { JobPage } from '../../job/shapes';
import type { FieldChange } from './client';
import type { Schema } from './schema';
import type * as written from './types';

type Held<Answered extends Read, Read> = Answered;

export type HeldShapes = [
  Held<Schema<'FigureShown'>, written.Figure>,
  Held<Schema<'CityFigures'>, written.CityFigures>,
  Held<Schema<'Indicators'>, written.Indicators>,
  Held<Schema<'ReportShown'>, written.Report>,
  Held<Schema<'Department'>, written.Department>,
  Held<Schema<'PublicStatus'>, written.PublicRequest>,
  Held<Schema<'FieldChange'>, FieldChange>,
  Held<Schema<'QueueRow'>, Row>,
  Held<Schema<'ExternalLink'>, ExternalLink>,
  Held<Schema<'ContactShown'>, ContactShown>,
  Held<Schema<'FieldJob'>, FieldJob>,
  Held<Schema<'JobPage'>, JobPage>,
];
