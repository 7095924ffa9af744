// What the widget `survey` is told by the server (server/heimta/rules/contents/survey.py), texts and `labels` filled in.
import type { Text } from '../../../snippet/src/types.ts'

export interface SurveyContent {
  widget: 'survey'
  question: Text
  name: string
  min: number
  max: number
  step: number
  low: Text
  high: Text
  follow_up: Text
  thanks: Text
  /** close, send, next, skip */
  labels: Record<string, Text>
}
