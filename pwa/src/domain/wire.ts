/** What travels between phone and server, word for word as in docs/protocol.md. */

/** WGS 84 degrees, longitude first (RFC 7946). */
export type Position = readonly [lon: number, lat: number];
export interface Polygon {
  type: 'Polygon';
  coordinates: Position[][];
}

export type LandType = 'paddy' | 'dry_land' | 'slope';
export type PhotoKind = 'panorama' | 'spacing' | 'groundwork' | 'tree' | 'household' | 'problem';

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
  walk: { max_accuracy_m: number; start_accuracy_m: number; close_within_m: number };
  confidence: number;
  accuracy_confidence: number;
  max_area_mu: number;
  area_decimals_mu: number;
  shots: Shot[];
  clauses: Record<string, { zh: string; en: string }>;
  sample_parameters: string[];
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
  source: 'camera' | 'file';
  width: number;
  height: number;
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
      accuracy_m: number[][];
      timestamps_s: number[][];
    };
  };
  tree_counts: TreeCounts;
  photos: ManifestPhoto[];
  remark: string;
  /** The submission this one corrects. */
  predecessor_id?: string;
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
}

/** 202: kept aside at the desk, with its reason. */
export interface Quarantined {
  quarantine_id: string;
  submission_id: string;
  code: string;
  detail: string;
}

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}
