/** What travels between phone and server, word for word as in docs/protocol.md. */

/** WGS 84 degrees, longitude first (RFC 7946). */
export type Position = readonly [lon: number, lat: number];
export interface Polygon {
  type: 'Polygon';
  coordinates: Position[][];
}

export type LandType = 'paddy' | 'dry_land' | 'slope';
export type PhotoKind = 'panorama' | 'spacing' | 'groundwork' | 'tree' | 'household' | 'problem' | 'measure' | 'signature';

export interface Grant {
  role: string;
  region_code: string;
  region_name: string;
}

export interface User {
  id: string;
  name: string;
  display_name: string;
  grants: Grant[];
}

export interface ReceiptKey {
  kty: string;
  crv: string;
  kid: string;
  x: string;
  y: string;
}

/** ECDH P-256. */
export interface CourierKey {
  kty: string;
  crv: string;
  kid: string;
  x: string;
  y: string;
}

export interface Session {
  token?: string;
  expires_at: string;
  server_time_at: string;
  user: User;
  receipt_keys: { keys: ReceiptKey[] };
  /** What a courier file is sealed for; absent from older servers. */
  courier_key?: CourierKey;
}

export interface Shot {
  kind: PhotoKind;
  title_zh: string;
  title_en: string;
  hint_zh: string;
  hint_en: string;
  required: boolean;
  land_types: LandType[];
}

export type Unit = 'cm' | 'm' | 'deg';

export interface Measure {
  unit: Unit;
  min?: number | null;
  max?: number | null;
}

/** One clause of the planting standards; `above_slope_deg`: asked only on steeper land. */
export interface Standard {
  code: string;
  title_zh: string;
  title_en: string;
  text_zh: string;
  text_en: string;
  clause_zh: string;
  clause_en: string;
  land_types: LandType[];
  pays: boolean;
  measure?: Measure | null;
  above_slope_deg?: number | null;
}

export interface Policy {
  schema: 1;
  crop_zh: string;
  crop_en: string;
  subsidy_fen_per_mu: number;
  cap: { kind: 'per_person' | 'per_household' | 'none'; amount_fen?: number | null };
  min_block_mu: number;
  gap_m: number;
  density_per_mu: { min: number; max: number };
  survival_min: number;
  walk: { max_accuracy_m: number; start_accuracy_m: number; close_within_m: number; start_with_reason_m?: number };
  confidence: number;
  accuracy_confidence: number;
  max_area_mu: number;
  area_decimals_mu: number;
  shots: Shot[];
  clauses: Record<string, { zh: string; en: string }>;
  sample_parameters: string[];
  /** Absent in policies of before they were asked for. */
  standards?: Standard[];
  sign_off?: { inspectors: number; household: boolean; village: boolean } | null;
  sampling?: { from_mu: number; min_rows: number } | null;
  photos?: { long_edge_px?: number | null; gallery?: boolean };
  evidence?: { photo_within_m?: number; clock_offset_max_s?: number; spacing_differs_share?: number };
}

export interface Programme {
  code: string;
  name: string;
  year: number;
  region_code: string;
  policy_version: number;
  policy: Policy;
}

export interface Region {
  code: string;
  name: string;
  level: 'county' | 'township' | 'village';
}

export interface Household {
  id: string;
  code: string;
  head_name: string;
  group_name: string;
  village_code: string;
  person_count: number;
  /** Pinyin initials of the name, variants apart by a space; absent from older servers. */
  initials?: string;
}

export interface Plot {
  id: string;
  household_id: string;
  number: string | number;
  land_type: LandType;
  declared_mu: number;
  boundary: Polygon | null;
  centre: Position;
}

export type TaskState = 'open' | 'submitted' | 'returned' | 'done';

export interface Task {
  id: string;
  plot_id: string;
  state: TaskState;
  due_on: string | null;
  return_reason: string | null;
  /** What the desk asks to be done again; absent from older servers. */
  todo?: string[];
  /** The newest visit to the plot, while another is still to come; absent from older servers. */
  previous?: PreviousVisit | null;
}

export interface PreviousVisit {
  submission_id: string;
  finished_at: string;
  photos: { kind: PhotoKind; sha256: string }[];
}

/** An earlier visit to a plot, as far as the server knows; `state` of a submission, or why there was none. */
export interface Visit {
  plot_id: string;
  at: string;
  state: 'receiving' | 'awaiting_review' | 'approved' | 'returned' | 'refused' | 'absent' | 'withdrawn';
  by: string;
  note: string;
}

export interface Ledger {
  server_time_at: string;
  /** The highest receipt number in a verified backup; null or absent: none. */
  backup_watermark?: number | null;
  programme: Programme;
  regions: Region[];
  households: Household[];
  plots: Plot[];
  tasks: Task[];
  /** Absent from older servers. */
  visits?: Visit[];
}

/** Nobody there, or a declaration given up: PUT /api/attempts/{id}. */
export interface Attempt {
  task_id: string;
  plot_id: string;
  kind: 'absent' | 'withdrawn';
  reason: string;
  attempted_at: string;
  clock_offset_ms: number | null;
  position: PhotoPosition | null;
}

/** A plot no list has: PUT /api/plots/{id}. Of a household the server knows only `id` is looked at. */
export interface AddedPlot {
  household: Omit<Household, 'code' | 'initials'>;
  task_id: string;
  programme_code: string;
  land_type: LandType;
  declared_mu: number;
  centre: Position | null;
  note: string;
  noted_at: string;
}

export interface TreeCounts {
  live: number;
  dead: number;
  missing: number;
}

export interface PhotoPosition {
  lon: number;
  lat: number;
  accuracy_m: number;
  fixed_at: string;
}

export interface ManifestPhoto {
  sha256: string;
  size_bytes: number;
  media_type: string;
  kind: PhotoKind;
  taken_at: string;
  clock_offset_ms: number | null;
  position: PhotoPosition | null;
  source: 'camera' | 'file' | 'gallery' | 'drawn';
  width: number;
  height: number;
  /** Where the camera looked, clockwise from north. */
  heading_deg?: number | null;
  /** What the phone saw wrong with a photo that was kept all the same, and why it was. */
  remarks?: PhotoRemark[];
  /** The picture as the camera gave it, where a smaller copy was kept. */
  original?: OriginalPicture | null;
}

export interface PhotoRemark {
  code: 'dark' | 'blurred' | 'far' | 'gallery';
  reason: string;
}

export interface OriginalPicture {
  sha256: string;
  size_bytes: number;
  width: number;
  height: number;
}

export type VertexSource = 'fix' | 'average' | 'tap' | 'tape' | 'earlier';
export type BoundaryMethod = 'walk' | 'corners' | 'tape' | 'earlier';

/** Seconds since the first fix. */
export interface Gap {
  from_s: number;
  to_s: number;
  cause: 'paused' | 'screen_off' | 'no_fix' | 'closed_app';
}

/** `rows`: one tally a row; of a sample those that were counted, out of `row_count`. */
export interface Counting {
  method: 'taps' | 'rows' | 'sample';
  rows?: TreeCounts[];
  row_count?: number | null;
}

export interface Spacing {
  in_row_m: number;
  between_rows_m: number;
}

/** `photos`: hashes of photos in the same manifest. */
export interface StandardAnswer {
  code: string;
  answer: 'met' | 'unmet' | 'not_applicable';
  value?: number | null;
  note?: string;
  photos?: string[];
}

/** Either a photo (drawn or of paper, by its hash) or the refusal in its place. */
export interface Signature {
  name: string;
  photo?: string | null;
  refusal?: { reason: string; witness: string } | null;
  stands_for?: 'self' | 'relative' | 'representative';
}

export interface SignOff {
  inspectors: Signature[];
  household?: Signature | null;
  village?: Signature | null;
}

/** Whether this plot shares a ridge with another of the household, as the inspector saw it. */
export interface JoinStatement {
  plot_id: string;
  joined: boolean;
}

export interface Manifest {
  schema: 1;
  submission_id: string;
  task_id: string;
  plot_id: string;
  programme_code: string;
  policy_version: number;
  app_version: string;
  device_id: string;
  started_at: string;
  finished_at: string;
  clock_offset_ms: number | null;
  boundary: {
    type: 'Feature';
    geometry: Polygon;
    properties: {
      plot_id: string;
      household_id: string;
      datum: 'WGS84';
      capture: 'walk' | 'vertices';
      /** These run parallel to the rings; null where unknown. */
      accuracy_m: (number | null)[][];
      timestamps_s: (number | null)[][];
      method?: BoundaryMethod;
      sources?: VertexSource[][];
      gaps?: Gap[];
      /** The last side was drawn, not walked. */
      forced_close?: boolean;
      /** Why the walk began although the fixes were poor. */
      start_reason?: string;
    };
  };
  tree_counts: TreeCounts;
  photos: ManifestPhoto[];
  remark: string;
  /** The submission this one corrects. */
  predecessor_id?: string;
  counting?: Counting;
  spacing?: Spacing;
  slope_deg?: number;
  standards?: StandardAnswer[];
  sign_off?: SignOff;
  joins?: JoinStatement[];
}

export interface SubmissionStatus {
  submission_id: string;
  content_sha256: string;
  /** Digest of what the phone sent, where a person at the desk mended it. */
  mended_from?: string | null;
  complete: boolean;
  received: string[];
  missing: string[];
  state: 'receiving' | 'awaiting_review' | 'approved' | 'returned' | 'refused';
  receipt: string;
  backup_watermark?: number | null;
  server_time_at: string;
}

/** What the server knows of this phone and the phone no longer lists. */
export interface DeviceReport {
  missing_on_device: string[];
  never_arrived: string[];
  /** Finished by this account on other phones, as far as those told. Servers before 2026-11-26 lack it. */
  waiting_elsewhere?: string[];
}

/** 202: kept aside at the desk, with its reason; or rejected there for good, with the reason a person gave. */
export interface Quarantined {
  quarantine_id: string;
  submission_id: string;
  code: string;
  detail: string;
  /** Servers before 2026-11-26 lack it. */
  rejected?: boolean;
}

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}
