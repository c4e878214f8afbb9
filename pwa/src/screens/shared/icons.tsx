/** Line drawings, 24 × 24, in the colour of the text beside them. */

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  tasks: 'M9 6h11M9 12h11M9 18h11M4 6l.9.9L6.5 5M4 12l.9.9L6.5 11M4 18l.9.9L6.5 17',
  outbox: 'M12 15V4M8 8l4-4 4 4M4 14v5h16v-5',
  me: 'M12 12a4 4 0 100-8 4 4 0 000 8zM4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5',
  refresh: 'M20 11a8 8 0 10-2.3 6.200M20 5v6h-6',
  search: 'M11 18a7 7 0 100-14 7 7 0 000 14zM16 16l4.5 4.5',
  camera: 'M4 8h3.5l1.5-2.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 100-6.4 3.2 3.2 0 000 6.400z',
  upload: 'M4 16v4h16v-4M12 16V5M8 9l4-4 4 4',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6L6 18',
  warn: 'M12 4L2.5 20h19zM12 10v4.5M12 17.200v.3',
  undo: 'M9 6L4.5 10.5 9 15M5 10.5h9a5 5 0 010 10h-3',
  pause: 'M8.5 5v14M15.5 5v14',
  play: 'M7 5l12 7-12 7z',
  loop: 'M5 18L4 9l8-4 8 5-2 9z',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13',
  clock: 'M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM12 7.5V12l3 2',
  redo: 'M15 6l4.500 4.500L15 15M19 10.500h-9a5 5 0 000 10h3',
  corner: 'M4 20V5h15M4 5l4 4M12 14.500a2.500 2.500 0 100 .1z',
  tape: 'M3 8h18v8H3zM7 8v4M11 8v3M15 8v4M19 8v3',
  more: 'M5 12h.1M12 12h.1M19 12h.1M5 12.500h.1M12 12.500h.1M19 12.500h.1',
  move: 'M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3',
  up: 'M12 20V5M6 11l6-6 6 6',
  down: 'M12 4v15M6 13l6 6 6-6',
  left: 'M20 12H5M11 6l-6 6 6 6',
  right: 'M4 12h15M13 6l6 6-6 6',
  dot: 'M12 15a3 3 0 100-6 3 3 0 000 6z',
  lamp: 'M9 17.500h6M10 20.500h4M8 13.500a6 6 0 118 0c-.8.8-1 1.500-1 2.500H9c0-1-.2-1.700-1-2.500z',
  layers: 'M12 4l9 5-9 5-9-5zM3.500 13.500L12 18.500l8.500-5',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9.500a1 1 0 100-.1z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
