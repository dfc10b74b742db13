{{- define "edutrust.labels" -}}
app.kubernetes.io/name: edutrust
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "edutrust.pod" -}}
automountServiceAccountToken: false
terminationGracePeriodSeconds: 40
securityContext: { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001, seccompProfile: { type: RuntimeDefault } }
volumes:
  - { name: tmp, emptyDir: { sizeLimit: 3Gi } }
  - name: secret
    secret: { secretName: {{ .Values.existingSecret }}, items: [{ key: secret, path: secret }], defaultMode: 0440 }
  {{- with .Values.witnessClaim }}
  - { name: witness, persistentVolumeClaim: { claimName: {{ . }} } }
  {{- end }}
{{- end }}

{{- define "edutrust.container" -}}
image: {{ .Values.image }}
securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
resources: {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  - { name: secret, mountPath: /run/secrets/edutrust, readOnly: true }
  {{- if .Values.witnessClaim }}
  - { name: witness, mountPath: /var/lib/edutrust/witness }
  {{- end }}
env:
  - { name: EDUTRUST_URL, value: {{ .Values.url | quote }} }
  - { name: EDUTRUST_PORT, value: '8080' }
  - { name: EDUTRUST_TRUSTED_PROXIES, value: {{ required "trustedProxies: whose X-Forwarded-* headers are believed" .Values.trustedProxies | quote }} }
  - { name: EDUTRUST_SECRET_FILE, value: /run/secrets/edutrust/secret }
  - { name: EDUTRUST_MAIL_FROM, value: {{ .Values.mailFrom | quote }} }
  {{- if .Values.witnessClaim }}
  - { name: EDUTRUST_WITNESS, value: /var/lib/edutrust/witness }
  {{- end }}
  - name: DATABASE_URL
    valueFrom: { secretKeyRef: { name: {{ .Values.existingSecret }}, key: databaseUrl } }
  {{- range $name, $key := dict "REDIS_URL" "redisUrl" "EDUTRUST_SMTP_URL" "smtpUrl" "EDUTRUST_METRICS_TOKEN" "metricsToken" }}
  - name: {{ $name }}
    valueFrom: { secretKeyRef: { name: {{ $.Values.existingSecret }}, key: {{ $key }}, optional: true } }
  {{- end }}
{{- end }}
