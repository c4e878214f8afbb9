/**
 * The plot on the county's base map (底图). A chunk of its own: whoever never opens it never loads it.
 *
 * Tiles come through our server, in WGS 84 like the fixes; nothing in GCJ-02 is ever drawn here. Areas are never
 * measured on a map.
 */

import L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import { useEffect, useRef } from 'preact/hooks';
import type { Position } from '../../domain/wire';
import { keptTile } from '../../state/map-keeper';
import { t } from '../../text';
import type { Sketched } from './sketch';
import { COLOUR } from './sketch-marks';

export { keepMap, keepProgram } from '../../state/map-keeper';

export interface BaseMapProps {
  what: Sketched;
  said: string;
  note: string;
  max_zoom: number;
  /** Whose kept tiles are looked at first. */
  user_id: string;
  /** One tile from the server; null when there is none to be had. */
  tile: (z: number, x: number, y: number) => Promise<Blob | null>;
}

const latLngs = (ring: readonly Position[]) => ring.map(([lon, lat]) => L.latLng(lat, lon));

function tileLayer({ note, max_zoom, user_id, tile }: Pick<BaseMapProps, 'note' | 'max_zoom' | 'user_id' | 'tile'>): L.GridLayer {
  const Tiles = L.GridLayer.extend({
    // The token goes into a header, so a picture cannot fetch itself.
    createTile({ z, x, y }: L.Coords, done: L.DoneCallback): HTMLElement {
      const picture = document.createElement('img');
      picture.alt = '';
      void keptTile(user_id, [z, x, y]).then((kept) => kept ?? tile(z, x, y)).then((blob) => {
        if (!blob) {
          done(new Error('no tile'), picture);
          return;
        }
        const url = URL.createObjectURL(blob);
        picture.onload = () => { URL.revokeObjectURL(url); done(undefined, picture); };
        picture.src = url;
      });
      return picture;
    },
  }) as unknown as new (options: L.GridLayerOptions) => L.GridLayer;
  return new Tiles({ maxNativeZoom: max_zoom, maxZoom: 21, attribution: note.replace(/[<>&]/g, '') });
}

function drawn(what: Sketched): L.Layer[] {
  const layers: L.Layer[] = what.neighbours.map(({ ring, overlaps }) =>
    L.polygon(latLngs(ring), { color: overlaps ? COLOUR.ignored : COLOUR.paper, weight: overlaps ? 3 : 2, fill: false, interactive: false }));
  const line = latLngs(what.track.filter(({ counts }) => counts).map(({ position }) => position));
  if (what.outline) layers.push(L.polygon(latLngs(what.outline), { color: COLOUR.start, weight: 2, dashArray: '8 6', fill: false, interactive: false }));
  for (const { ring, hole } of what.rings ?? []) {
    layers.push(L.polygon(latLngs(ring), { color: hole ? COLOUR.here : COLOUR.track, weight: 3, interactive: false }));
  }
  if (line.length > 0) {
    const style = { color: COLOUR.track, weight: 5, interactive: false };
    layers.push(what.closed ? L.polygon(line, style) : L.polyline(line, style));
  }
  if (what.here) {
    const [lon, lat] = what.here.position;
    layers.push(L.circle([lat, lon], { radius: what.here.accuracy_m, color: COLOUR.here, weight: 2, interactive: false }));
    layers.push(L.circleMarker([lat, lon], { radius: 6, color: COLOUR.paper, weight: 2, fillColor: COLOUR.here, fillOpacity: 1, interactive: false }));
  }
  return layers;
}

export function BaseMap({ what, said, note, max_zoom, user_id, tile }: BaseMapProps) {
  const element = useRef<HTMLDivElement>(null);
  const shown = useRef<{ map: L.Map; marks: L.LayerGroup } | null>(null);

  useEffect(() => {
    if (!element.current) return undefined;
    const map = L.map(element.current, { zoomControl: false, preferCanvas: true, fadeAnimation: false, zoomAnimation: false });
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: t('放大'), zoomOutTitle: t('缩小') }).addTo(map);
    tileLayer({ note, max_zoom, user_id, tile }).addTo(map);
    const marks = L.layerGroup().addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    const ring = what.outline ?? what.track.map(({ position }) => position);
    if (ring.length > 1) map.fitBounds(L.latLngBounds(latLngs(ring)), { padding: [24, 24] });
    else map.setView([what.centre[1], what.centre[0]], 18);
    shown.current = { map, marks };
    return () => { map.remove(); };
  }, []);

  useEffect(() => {
    shown.current?.marks.clearLayers();
    for (const layer of drawn(what)) shown.current?.marks.addLayer(layer);
  });
  return <div class="sketch base-map" ref={element} role="application" aria-label={said} data-testid="base-map" />;
}
