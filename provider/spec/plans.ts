/** The plans and how many servers each allows; servers-api.txt, "Plan Limits". */
export const plans = {
  free: { title: "Free", serverLimit: 1 },
  starter: { title: "Starter", serverLimit: 3 },
  growth: { title: "Growth", serverLimit: 10 },
  professional: { title: "Professional", serverLimit: Number.POSITIVE_INFINITY },
  /** Agreed per account, so it is not known here. */
  scale: { title: "Scale", serverLimit: undefined },
} as const satisfies Readonly<Record<string, { title: string; serverLimit: number | undefined }>>;

export type Plan = keyof typeof plans;

export const planNames = Object.keys(plans) as Plan[];

/** How many servers an account may have, as far as its plan and the limit agreed for it are known. */
export function serverLimitOf(account: {
  readonly plan?: Plan | undefined;
  readonly serverLimit?: number | undefined;
}): number | undefined {
  return plans[account.plan ?? "scale"].serverLimit ?? account.serverLimit;
}
