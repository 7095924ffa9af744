// Which question comes after an answer: the first rule that holds, else the next in the document; beyond the last is the
// end. Pure. The twin is server/heimta/rules/surveys.py; both are held to tests/vectors/survey_next.json.
import type { Answer, Question } from './content/survey.ts'

export const next = (question: Question, index: number, { value = 0, choices = [] }: Answer) =>
  question.next?.find(
    ({ at_least = -1 / 0, at_most = 1 / 0, chosen }) =>
      value >= at_least && value <= at_most && (!chosen || choices.some((one) => chosen.includes(one))),
  )?.to ?? index + 1
