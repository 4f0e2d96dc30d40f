{{- /* What deployment and migration share. */ -}}

{{- define "twolatch.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "twolatch.selector" -}}
app.kubernetes.io/name: twolatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "twolatch.labels" -}}
{{ include "twolatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "twolatch.image" -}}
{{ required "image.repository: where your image is" .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "twolatch.env" -}}
- name: TWOLATCH_PORTAL_URL
  value: {{ printf "https://%s" (required "hosts.portal: the portal's name" .Values.hosts.portal) | quote }}
- name: TWOLATCH_PHONE_URL
  value: {{ printf "https://%s" (required "hosts.phone: the phone app's name" .Values.hosts.phone) | quote }}
- name: TWOLATCH_DESK_URL
  value: {{ printf "https://%s" (required "hosts.desk: the desk's name" .Values.hosts.desk) | quote }}
- name: TWOLATCH_DATABASE_FILE
  value: /run/secrets/twolatch/database
- name: TWOLATCH_KEY_PROVIDER
  value: file:/run/keys/master.key
{{- if .Values.mail }}
- name: TWOLATCH_MAIL_FILE
  value: /run/secrets/twolatch/mail
{{- end }}
{{- if .Values.signals }}
- name: TWOLATCH_SIGNALS_FILE
  value: /run/secrets/twolatch/signals
{{- end }}
{{- if .Values.metrics.enabled }}
- name: TWOLATCH_METRICS
  value: "0.0.0.0:9464"
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: TWOLATCH_{{ upper $name }}
  value: {{ if kindIs "string" $value }}{{ $value | quote }}{{ else }}{{ toJson $value | quote }}{{ end }}
{{- end }}
{{- end }}

{{- define "twolatch.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "twolatch.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "twolatch.keyContainer" -}}
# A mounted secret is root's and readable by a group; Twolatch takes a key that its owner alone may read.
- name: key
  image: {{ include "twolatch.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: ["sh", "-c", "umask 077 && cat /run/secrets/twolatch/master.key > /run/keys/master.key"]
  securityContext: {{- include "twolatch.security" . | nindent 4 }}
  resources: { requests: { cpu: 10m, memory: 16Mi }, limits: { memory: 64Mi } }
  volumeMounts:
    - { name: secret, mountPath: /run/secrets/twolatch, readOnly: true }
    - { name: keys, mountPath: /run/keys }
{{- end }}

{{- define "twolatch.mounts" -}}
- { name: secret, mountPath: /run/secrets/twolatch, readOnly: true }
- { name: keys, mountPath: /run/keys }
- { name: home, mountPath: /var/lib/twolatch }
- { name: tmp, mountPath: /tmp }
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "twolatch.volumes" -}}
- name: secret
  secret: { secretName: {{ .Values.secret }}, defaultMode: 0440 }
- name: keys
  emptyDir: { medium: Memory, sizeLimit: 1Mi }
- name: home
  emptyDir: { sizeLimit: 64Mi }
- name: tmp
  emptyDir: { sizeLimit: 256Mi }
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
