// Which plain resolutions are logged: they are too many for a line each. One sampler for each door, on its hot path.

/** Of a resolution that is logged: because the sample fell on it, or because it is to be kept, or both. */
export interface Sampled {
  readonly sampled: boolean;
  readonly kept: boolean;
}

export interface ResolutionSampling {
  /** One of how many is logged; 0 or nothing for none. */
  readonly resolutionSample?: number;
  /** Asked for each: whether it is to be kept. */
  readonly keepsResolution?: () => boolean;
}

/** To be called for each resolution: null for one that is not logged. Null itself where none ever is. */
export function createSample(options: ResolutionSampling): (() => Sampled | null) | null {
  const { resolutionSample = 0, keepsResolution } = options;
  if (resolutionSample === 0 && keepsResolution === undefined) return null;
  let skipped = 0;
  return () => {
    const kept = keepsResolution?.() ?? false;
    const sampled = resolutionSample !== 0 && ++skipped >= resolutionSample;
    if (sampled) skipped = 0;
    return sampled || kept ? { sampled, kept } : null;
  };
}
